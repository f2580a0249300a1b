"""The desk's own sentences to people, in their languages. Pure; plain text without formatting."""

from collections.abc import Mapping
from enum import StrEnum

from router.services.outbound.alarm_texts import LINKED_ELSEWHERE

DEFAULT = "en"


class Line(StrEnum):
    """What is said. Its facts stand in braces in the texts."""

    LINKED = "linked"
    """This chat is of a host account now: {account}, masked. How to say that it is not theirs."""
    JOINED = "joined"
    """This chat is one conversation with another chat of theirs. The same."""
    LINKED_ELSEWHERE = "linked_elsewhere"
    """One more chat is of their host account {account}, masked; {url} stops that."""
    LINK_REFUSED = "link_refused"
    """A code was not good, whatever the cause."""
    DOUBTED = "doubted"
    """They said that what was linked or joined is not theirs."""
    LINK_CODE = "link_code"
    """Here is a code to go on elsewhere with: {code}, good for {minutes}."""
    STEP_UP = "step_up"
    """Confirm at the host that it is you: {url}, good for {minutes}."""
    UNDELIVERABLE = "undeliverable"
    """What follows could not be delivered where they wrote before."""
    MOVED_HERE = "moved_here"
    """What stands above could not be delivered where they wrote before."""
    LEFT_OUT = "left_out"
    """These files of what stands above can't be sent here: {files}."""
    CANNED = "canned"
    """A canned reply follows, which a rule chose."""


ALARMS = frozenset({Line.LINKED_ELSEWHERE})
"""Said also to who wants no notices: else one click ends what guards their account."""


def languages() -> tuple[str, ...]:
    """All that every line can be said in, sorted."""
    return tuple(sorted(_SENTENCES[Line.LINKED]))


def language_of(tag: str | None) -> str:
    """The one of `languages` for a BCP 47 tag; English where there is none."""
    short = (tag or "").replace("_", "-").partition("-")[0].lower()
    return short if short in _SENTENCES[Line.LINKED] else DEFAULT


def sentence(line: Line, language: str | None, facts: Mapping[str, str]) -> str:
    """The line with its facts, in this language. Raises KeyError without a fact that it needs."""
    return _SENTENCES[line][language_of(language)][0].format_map(facts)


def subject_of(line: Line, language: str | None) -> str:
    """Where messages have a subject and there is none to answer."""
    return _SENTENCES[line][language_of(language)][1]


def masked(account: str) -> str:
    """A host account so that its owner knows it again and nobody else learns it.

    At most its last three characters, and never more than a quarter of it.
    """
    return "…" + account[len(account) - min(3, len(account) // 4) :]


_SENTENCES: Mapping[Line, Mapping[str, tuple[str, str]]] = {
    Line.LINKED: {
        "en": (
            "This chat now belongs to your account {account}. Not you? Answer with: not me",
            "Your account",
        ),
        "zh": (
            "此聊天现已归属您的账号 {account}。不是您？请回复：不是我",
            "您的账号",
        ),
        "ru": (
            "Теперь этот чат относится к вашему аккаунту {account}. Это не вы? Ответьте: это не я",
            "Ваш аккаунт",
        ),
        "de": (
            "Dieser Chat gehört jetzt zu Ihrem Konto {account}."
            " Sind Sie das nicht? Antworten Sie: das bin ich nicht",
            "Ihr Konto",
        ),
        "es": (
            "Este chat ya forma parte de su cuenta {account}. ¿No es usted? Responda: no soy yo",
            "Su cuenta",
        ),
        "fr": (
            "Cette discussion est maintenant liée à votre compte {account}."
            " Ce n'est pas vous ? Répondez : ce n'est pas moi",
            "Votre compte",
        ),
        "pt": (
            "Este chat agora faz parte da sua conta {account}. Não é você? Responda: não sou eu",
            "A sua conta",
        ),
        "uk": (
            "Тепер цей чат належить до вашого облікового запису {account}."
            " Це не ви? Відповідайте: це не я",
            "Ваш запис",
        ),
    },
    Line.JOINED: {
        "en": (
            "This chat and your other chat with us are one conversation now."
            " Not you? Answer with: not me",
            "Our chat",
        ),
        "zh": (
            "此聊天与您和我们的另一个聊天现已合并为同一会话。不是您？请回复：不是我",
            "我们的会话",
        ),
        "ru": (
            "Этот чат и другой ваш чат с нами теперь один разговор. Это не вы? Ответьте: это не я",
            "Наш разговор",
        ),
        "de": (
            "Dieser Chat und Ihr anderer Chat mit uns sind jetzt ein Gespräch."
            " Sind Sie das nicht? Antworten Sie: das bin ich nicht",
            "Unser Chat",
        ),
        "es": (
            "Este chat y su otro chat con nosotros son ahora una sola conversación."
            " ¿No es usted? Responda: no soy yo",
            "Chat",
        ),
        "fr": (
            "Cette discussion et votre autre discussion avec nous n'en font plus qu'une."
            " Ce n'est pas vous ? Répondez : ce n'est pas moi",
            "Notre discussion",
        ),
        "pt": (
            "Este chat e o seu outro chat connosco são agora uma só conversa."
            " Não é você? Responda: não sou eu",
            "Conversa",
        ),
        "uk": (
            "Цей чат та інший ваш чат із нами тепер одна розмова. Це не ви? Відповідайте: це не я",
            "Наша розмова",
        ),
    },
    Line.DOUBTED: {
        "en": (
            "Thank you. People will look at it. Until then nothing about an account is said here.",
            "Not you",
        ),
        "zh": (
            "谢谢。我们会有人查看。在此之前，这里不会谈及任何账号的内容。",
            "不是您",
        ),
        "ru": (
            "Спасибо. Люди это проверят. До тех пор об аккаунтах здесь ничего не сообщат.",
            "Это не вы",
        ),
        "de": (
            "Danke. Wir sehen uns das an. Bis dahin wird hier nichts über ein Konto gesagt.",
            "Nicht Sie",
        ),
        "es": (
            "Gracias. Lo revisaremos. Hasta entonces aquí no se dirá nada de ninguna cuenta.",
            "No es usted",
        ),
        "fr": (
            "Merci. Nous allons vérifier. D'ici là, rien ne sera dit ici d'un compte.",
            "Pas vous",
        ),
        "pt": (
            "Obrigado. Vamos verificar. Até lá, aqui nada se dirá de uma conta.",
            "Não é você",
        ),
        "uk": (
            "Дякуємо. Люди це перевірять. До того про облікові записи тут нічого не скажуть.",
            "Не ви",
        ),
    },
    Line.LINKED_ELSEWHERE: LINKED_ELSEWHERE,
    Line.LINK_REFUSED: {
        "en": (
            "This code is not good here. Get a new one where you got this one, and send it"
            " within 10 minutes.",
            "Your code",
        ),
        "zh": ("此代码在这里无效。请在原处重新获取代码，并在 10 分钟内发送。", "您的代码"),
        "ru": (
            "Этот код здесь не подходит. Получите новый там же, где этот, и отправьте его"
            " в течение 10 минут.",
            "Ваш код",
        ),
        "de": (
            "Dieser Code gilt hier nicht. Holen Sie sich einen neuen, wo Sie diesen bekommen"
            " haben, und senden Sie ihn innerhalb von 10 Minuten.",
            "Ihr Code",
        ),
        "es": (
            "Este código no es válido aquí. Obtenga uno nuevo donde obtuvo este y envíelo"
            " antes de 10 minutos.",
            "Su código",
        ),
        "fr": (
            "Ce code n'est pas valable ici. Demandez-en un nouveau là où vous avez obtenu"
            " celui-ci et envoyez-le dans les 10 minutes.",
            "Votre code",
        ),
        "pt": (
            "Este código não é válido aqui. Obtenha um novo onde obteve este e envie-o"
            " dentro de 10 minutos.",
            "O seu código",
        ),
        "uk": (
            "Цей код тут не діє. Отримайте новий там, де взяли цей, і надішліть його"
            " протягом 10 хвилин.",
            "Ваш код",
        ),
    },
    Line.LINK_CODE: {
        "en": (
            "{code}\n\nTo go on in another chat with us, send this code there, alone, within"
            " {minutes} minutes. Whoever has it can read on: give it to nobody, not even to us.",
            "Your code",
        ),
        "zh": (
            "{code}\n\n如需在另一个聊天中继续，请在 {minutes} 分钟内在那里单独发送此代码。"
            "持有此代码的人可以继续查看会话：请勿告诉任何人，包括我们。",
            "您的代码",
        ),
        "ru": (
            "{code}\n\nЧтобы продолжить в другом чате с нами, отправьте туда этот код отдельным"
            " сообщением. Он действует {minutes} мин. Кто им владеет, сможет читать дальше:"
            " не сообщайте его никому, даже нам.",
            "Ваш код",
        ),
        "de": (
            "{code}\n\nUm in einem anderen Chat mit uns weiterzumachen, senden Sie dort nur"
            " diesen Code, innerhalb von {minutes} Minuten. Wer ihn hat, kann weiterlesen:"
            " Geben Sie ihn niemandem, auch uns nicht.",
            "Ihr Code",
        ),
        "es": (
            "{code}\n\nPara seguir en otro chat con nosotros, envíe allí solo este código antes"
            " de {minutes} minutos. Quien lo tenga podrá seguir leyendo: no se lo dé a nadie,"
            " tampoco a nosotros.",
            "Su código",
        ),
        "fr": (
            "{code}\n\nPour continuer dans une autre discussion avec nous, envoyez-y ce code"
            " seul, dans les {minutes} minutes. Qui le détient peut lire la suite : ne le"
            " donnez à personne, pas même à nous.",
            "Votre code",
        ),
        "pt": (
            "{code}\n\nPara continuar noutro chat connosco, envie lá apenas este código dentro"
            " de {minutes} minutos. Quem o tiver pode continuar a ler: não o dê a ninguém,"
            " nem a nós.",
            "O seu código",
        ),
        "uk": (
            "{code}\n\nЩоб продовжити в іншому чаті з нами, надішліть туди цей код окремим"
            " повідомленням. Він діє {minutes} хв. Хто його має, зможе читати далі:"
            " не давайте його нікому, навіть нам.",
            "Ваш код",
        ),
    },
    Line.STEP_UP: {
        "en": (
            "Please confirm on our site that it is you: {url}\nThe link is good for {minutes}"
            " minutes. If you asked us for nothing, leave it.",
            "Please confirm that it is you",
        ),
        "zh": (
            "请在我们的网站上确认是您本人：{url}\n链接 {minutes} 分钟内有效。"
            "如果您没有提出任何请求，请忽略。",
            "请确认是您本人",
        ),
        "ru": (
            "Подтвердите на нашем сайте, что это вы: {url}\nСсылка действует {minutes} мин."
            " Если вы ни о чём не просили, ничего не делайте.",
            "Подтвердите, что это вы",
        ),
        "de": (
            "Bitte bestätigen Sie auf unserer Website, dass Sie es sind: {url}\nDer Link gilt"
            " {minutes} Minuten. Wenn Sie um nichts gebeten haben, lassen Sie ihn.",
            "Bitte bestätigen Sie, dass Sie es sind",
        ),
        "es": (
            "Confirme en nuestro sitio que es usted: {url}\nEl enlace vale {minutes} minutos."
            " Si no nos ha pedido nada, no lo use.",
            "Confirme que es usted",
        ),
        "fr": (
            "Veuillez confirmer sur notre site que c'est bien vous : {url}\nLe lien est valable"
            " {minutes} minutes. Si vous n'avez rien demandé, ignorez-le.",
            "Veuillez confirmer que c'est bien vous",
        ),
        "pt": (
            "Confirme no nosso site que é mesmo você: {url}\nO link é válido por {minutes}"
            " minutos. Se não nos pediu nada, ignore-o.",
            "Confirme que é mesmo você",
        ),
        "uk": (
            "Підтвердьте на нашому сайті, що це ви: {url}\nПосилання діє {minutes} хв."
            " Якщо ви нічого не просили, нічого не робіть.",
            "Підтвердьте, що це ви",
        ),
    },
    Line.UNDELIVERABLE: {
        "en": ("We could not deliver this where you wrote before:", "Your message to us"),
        "zh": ("我们无法将以下内容送达您之前使用的渠道：", "关于您的咨询"),
        "ru": ("Мы не смогли доставить это туда, где вы писали раньше:", "Ваше обращение"),
        "de": ("Dort, wo Sie zuletzt schrieben, kam dies nicht an:", "Ihre Nachricht an uns"),
        "es": ("No pudimos entregarle esto donde escribió antes:", "Su mensaje"),
        "fr": (
            "Nous n'avons pas pu vous remettre ceci là où vous nous aviez écrit :",
            "Votre message",
        ),
        "pt": ("Não conseguimos entregar isto onde escreveu antes:", "A sua mensagem"),
        "uk": ("Ми не змогли доставити це туди, де ви писали раніше:", "Ваше звернення"),
    },
    Line.MOVED_HERE: {
        "en": (
            "Above is an answer that we could not deliver where you wrote before.",
            "Our answer to you",
        ),
        "zh": ("上面是一条我们无法送达您之前所用渠道的答复。", "给您的答复"),
        "ru": (
            "Выше ответ, который мы не смогли доставить туда, где вы писали раньше.",
            "Наш ответ вам",
        ),
        "de": (
            "Oben steht eine Antwort, die dort nicht ankam, wo Sie zuletzt schrieben.",
            "Unsere Antwort",
        ),
        "es": (
            "Arriba está una respuesta que no pudimos entregarle donde escribió antes.",
            "Nuestra respuesta",
        ),
        "fr": (
            "Ci-dessus, une réponse que nous n'avons pas pu vous remettre là où vous nous aviez"
            " écrit.",
            "Notre réponse",
        ),
        "pt": (
            "Acima está uma resposta que não conseguimos entregar onde escreveu antes.",
            "A nossa resposta",
        ),
        "uk": (
            "Вище відповідь, яку ми не змогли доставити туди, де ви писали раніше.",
            "Наша відповідь",
        ),
    },
    Line.LEFT_OUT: {
        "en": ("These files cannot be sent here: {files}", "Our answer to you"),
        "zh": ("以下文件无法在此发送：{files}", "给您的答复"),
        "ru": ("Эти файлы нельзя отправить сюда: {files}", "Наш ответ вам"),
        "de": ("Diese Dateien lassen sich hierher nicht senden: {files}", "Unsere Antwort"),
        "es": ("Estos archivos no se pueden enviar aquí: {files}", "Nuestra respuesta"),
        "fr": ("Ces fichiers ne peuvent pas être envoyés ici : {files}", "Notre réponse"),
        "pt": ("Estes ficheiros não podem ser enviados aqui: {files}", "A nossa resposta"),
        "uk": ("Ці файли не можна надіслати сюди: {files}", "Наша відповідь"),
    },
    Line.CANNED: {
        "en": ("This is an automatic answer.", "Your message"),
        "zh": ("这是自动回复。", "您的消息"),
        "ru": ("Это автоматический ответ.", "Ваше сообщение"),
        "de": ("Dies ist eine automatische Antwort.", "Ihre Nachricht"),
        "es": ("Esta es una respuesta automática.", "Su mensaje"),
        "fr": ("Ceci est une réponse automatique.", "Votre message"),
        "pt": ("Esta é uma resposta automática.", "A sua mensagem"),
        "uk": ("Це автоматична відповідь.", "Ваше повідомлення"),
    },
}
