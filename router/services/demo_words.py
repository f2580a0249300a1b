"""What people of a demonstration are called and write, and what agents answer: an exchange's day.

Nobody here exists. Same seed, same words.
"""

from collections.abc import Mapping, Sequence

LANGUAGES = ("en", "zh", "ru")

FIRST: Mapping[str, Sequence[str]] = {
    "en": ("Ana", "Marco", "Priya", "Grace", "Tom", "Aisha", "Liam", "Chloe", "Kofi", "Sara"),
    "zh": ("王伟", "李娜", "张敏", "刘洋", "陈静", "杨帆", "赵磊", "黄丽", "周杰", "吴芳"),
    "ru": ("Анна", "Дмитрий", "Ольга", "Иван", "Мария", "Пётр", "Елена", "Олег", "Вера", "Егор"),
}
LAST: Mapping[str, Sequence[str]] = {
    "en": ("Lopez", "Rossi", "Natarajan", "Okafor", "Larsen", "Khan", "Novak", "Silva", "Mensah"),
    "zh": ("",),
    "ru": ("Смирнова", "Орлов", "Петренко", "Лебедь", "Кузьмич", "Волк", "Заяц", "Мороз"),
}

TOPICS: Sequence[Mapping[str, tuple[str, str]]] = (
    {
        "en": ("Withdrawal pending", "My withdrawal of {n} USDT has been pending since yesterday."),
        "zh": ("提现未到账", "我昨天提现的 {n} USDT 还没有到账,请帮忙查一下。"),
        "ru": ("Вывод не дошёл", "Вывод {n} USDT висит со вчерашнего дня. Что с ним?"),
    },
    {
        "en": ("Identity check", "I sent my passport {n} hours ago, and it still says in review."),
        "zh": ("身份验证", "我 {n} 小时前提交了身份证,一直显示审核中。"),
        "ru": ("Проверка личности", "Паспорт отправлен {n} часов назад, статус всё тот же."),
    },
    {
        "en": ("Strange mail", "I got a mail asking for my seed phrase, case {n}. Is this you?"),
        "zh": ("可疑邮件", "我收到一封要我填助记词的邮件,编号 {n},是你们发的吗?"),
        "ru": ("Странное письмо", "Письмо №{n} просит seed-фразу. Это правда вы?"),
    },
    {
        "en": ("Deposit without memo", "I sent {n} XRP and forgot the destination tag."),
        "zh": ("充值忘填标签", "我充了 {n} 个 XRP,忘记填标签了,怎么办?"),
        "ru": ("Депозит без тега", "Отправлено {n} XRP без тега. Можно вернуть?"),
    },
    {
        "en": ("Cannot sign in", "New phone, the {n}-digit codes are gone. How do I get in?"),
        "zh": ("无法登录", "换了新手机,{n} 位验证码没有了,登录不了。"),
        "ru": ("Не могу войти", "Новый телефон, {n}-значных кодов больше нет. Как войти?"),
    },
    {
        "en": ("Fees", "Why was I charged {n} dollars for one transfer?"),
        "zh": ("手续费", "一笔转账为什么收了我 {n} 美元手续费?"),
        "ru": ("Комиссия", "Почему за один перевод взяли {n} долларов?"),
    },
)

THANKS: Mapping[str, Sequence[str]] = {
    "en": ("Thank you, that helped.", "All right, I will wait.", "And how long will it take?"),
    "zh": ("谢谢,解决了。", "好的,我再等等。", "大概需要多久?"),
    "ru": ("Спасибо, помогло.", "Хорошо, подожду.", "А сколько ждать?"),
}

ANSWERS = (
    "Thank you for waiting. We have found the transfer, and it is on its way.",
    "We are looking into it and write again today.",
    "That mail is not from us. Please enter nothing there, and change your password.",
    "您好,我们已经找到您的记录,正在处理,请稍候。",
    "Здравствуйте! Заявка найдена, ответим сегодня.",
)
