"""Scripted people for the sandbox: what customers of an exchange write, in three languages."""

import msgspec


class ScriptedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody says. Over which network is for the page to choose."""

    person: str
    address: str
    text: str
    subject: str
    is_authenticated: bool = True


SCRIPT = (
    ScriptedLine(
        person="Marco Rossi",
        address="marco@people.example",
        subject="Withdrawal pending since yesterday",
        text="Hello, my withdrawal of 250 USDT has been pending since yesterday evening. The"
        " network fee was taken. Could you look why it is on hold?",
    ),
    ScriptedLine(
        person="王伟",
        address="wei@people.example",
        subject="身份验证一直没有通过",
        text="您好,我三天前提交了身份证照片,状态一直是“审核中”。请问还需要多久?需要我重新上传吗?",
    ),
    ScriptedLine(
        person="Анна Петрова",
        address="anna@people.example",
        subject="Подозрительное письмо",
        text="Здравствуйте! Мне пришло письмо якобы от вас: просят ввести seed-фразу на сайте"
        " harb0r-exchange.example. Это правда вы? Я ничего не вводила.",
    ),
    ScriptedLine(
        person="Priya Natarajan",
        address="priya@people.example",
        subject="Deposit without memo",
        text="I sent 40 XRP and forgot the destination tag. The transaction is confirmed, and the"
        " balance still shows zero. What do you need from me?",
    ),
    ScriptedLine(
        person="刘洋",
        address="liuyang@people.example",
        subject="换手机后无法登录",
        text="我换了新手机,谷歌验证器里的验证码没有了,现在登录不了。怎样重置两步验证?",
    ),
    ScriptedLine(
        person="Дмитрий Орлов",
        address="dmitry@people.example",
        subject="Комиссия за вывод",
        text="Почему комиссия за вывод BTC сегодня вдвое выше, чем вчера? В таблице тарифов другая"
        " сумма.",
    ),
    ScriptedLine(
        person="Grace Hopper",
        address="grace@people.example",
        subject="Tax report for 2025",
        text="Hi! Where can I download last year's trades as a file for my tax advisor?",
    ),
    ScriptedLine(
        person="Grace Hopper",
        address="grace@people.example",
        subject="Urgent: change my address",
        text="This is Grace. I lost my phone. Please change my e-mail to grace.h@elsewhere.example"
        " right now and switch off the second factor.",
        is_authenticated=False,
    ),
)
"""The last one only claims to be the one before."""
