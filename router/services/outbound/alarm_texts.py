"""What the other chats of an account hear when one more was linked to it. Pure."""

from collections.abc import Mapping

LINKED_ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "en": (
        "One more chat with us now belongs to your account {account}. Was that not you?"
        " Stop it with one click: {url}",
        "A new chat of your account",
    ),
    "zh": (
        "又有一个与我们的聊天归属到您的账号 {account}。不是您本人操作？点击一次即可阻止：{url}",
        "您的账号有了新的聊天",
    ),
    "ru": (
        "Ещё один чат с нами теперь относится к вашему аккаунту {account}. Это были не вы?"
        " Остановите это одним нажатием: {url}",
        "Новый чат вашего аккаунта",
    ),
    "de": (
        "Ein weiterer Chat mit uns gehört jetzt zu Ihrem Konto {account}. Waren Sie das nicht?"
        " Halten Sie es mit einem Klick auf: {url}",
        "Ein neuer Chat Ihres Kontos",
    ),
    "es": (
        "Otro chat con nosotros ya forma parte de su cuenta {account}. ¿No ha sido usted?"
        " Deténgalo con un clic: {url}",
        "Un chat nuevo de su cuenta",
    ),
    "fr": (
        "Une autre discussion avec nous est maintenant liée à votre compte {account}."
        " Ce n'était pas vous ? Arrêtez-la en un clic : {url}",
        "Une nouvelle discussion de votre compte",
    ),
    "pt": (
        "Outro chat connosco agora faz parte da sua conta {account}. Não foi você?"
        " Pare-o com um clique: {url}",
        "Um novo chat da sua conta",
    ),
    "uk": (
        "Ще один чат із нами тепер належить до вашого облікового запису {account}. Це були не ви?"
        " Зупиніть це одним натисканням: {url}",
        "Новий чат вашого запису",
    ),
}
