"""What people write themselves and must be kept, however much it looks like a program's work."""

# ruff: noqa: E501 - a form stands here as its program writes it, in one piece

KEPT: dict[str, str] = {
    "a virus checker that blocks": "Hi,\n\nSince yesterday Avast blocks your website. What should I do?",
    "an environment variable": "Hi,\n\nplease consider setting the environment variable for us.",
    "what does not work by telephone": "Hallo,\n\nVon meinem Handy aus geht es nicht, am PC schon.",
    "a bank account de": "Hallo,\n\nVon meinem Konto wurden 50 Euro per Mail-Auftrag abgebucht.",
    "where mails come from zh": "您好\n\n来自QQ邮箱的邮件我收不到",
    "that it was sent zh": "您好\n\n我已经用QQ邮箱发送",
    "that it was sent by mail": "Hi,\n\nI have no answer yet.\nSent by mail on 5 January, registered.",
    "from my mobile": "Hi,\n\nFrom my mobile it does not work, from my PC it does.",
    "a question below thanks": "Thanks\n\nI have another question: how do I change my address to Example street 5?",
    "regards in a sentence": "With regards to your mail:\nI need 5 pieces.\nCall me at +49 30 123456",
    "a greeting and a telephone": "Hello\nmy number is +49 30 123456\nplease call",
    "thanks and a telephone zh": "谢谢\n我的电话是13800138000\n请联系我",
    "a number below thanks pt": "Obrigado\nPreciso também da segunda via do boleto 12345678, pode enviar?",
    "an order below a rule": "Order:\n=====\nWidget 1234567\nGadget 7654321",
    "a journey with a day": "I need a taxi.\nFrom: Berlin\nTo: Hamburg\nDate: 5 January 2026\n\nFor two people.",
    "a number below a courtesy ja": "商品が届きません。\n\nよろしくお願いいたします\n注文番号は 12345678 です\nご確認ください",
    "a user name zh": "麻烦查一下。\n用户名：xiaoming88",
    "telephones tried zh": "登录不了，提示错误。\n用小米手机和华为平板都试过了",
    "a transfer": "From: 0x12ab\nTo: 0x99ee\nAmount: 3 ETH",
    "a transfer with words": "Please check:\n\nFrom: 0x12ab34\nTo: 0x99ee11\nAmount: 3 ETH\nHash: 0x77\n\nThanks",
    "a transfer with an address": "From: a@b.example\nTo: 0x99ee\nAmount: 3 ETH\nHelp",
    "a transfer with a date": "From: 0x12ab\nTo: 0x99ee\nDate: 2026-01-05\nAmount: 3 ETH",
    "a payment by address": "It says\nFrom: a@b.example\nTo: c@d.example\nDate: 5 Jan 2026\nAmount: 5 EUR",
    "a transfer zh": "转账记录：\n发件人: 0x12ab\n收件人: 0x99ee\n金额: 3 ETH",
    "a journey": "From: Paris\nTo: London\nHow much is that?",
    "all quoted": "> a\n> b",
    "answers between": "On 1/5/26 15:04, A B wrote:\n> size?\n42\n> colour?\nblue",
    "a sentence with a colon": "I wrote to a@b.example and this is what I want:\n- money",
    "a sentence with a date": "On 5 January 2026 at 15:04 I wrote to help@desk.example:\nwhere is my order?",
    "a date with a colon": "My order of 2026-01-05:\n- socks",
    "an order with a time": "Order 2026-01-05 10:00 for ann@mail.example:\n2 socks",
    "dashes": "---\nnot a message\n---",
    "greater than": "Is 3 > 2?\nYes.",
    "a price": "My limit:\n> 100 USD\nIs that right?",
    "a price at the end": "I only want to trade when the price is\n> 100 USD",
    "a python session": "I typed\n>>> import onethread\nand it failed.",
    "a shell": "I ran\n> npm install\nand got an error",
    "a list of points": "Hello,\n- one\n- two\n-- three",
    "dashes in a table": "a | b\n-----\n1 | 2",
    "the word original": "The original message was lost.\nPlease send it again.",
    "the word forwarded": "I forwarded the message to my bank.\nThey said no.",
    "original as a heading": "Original\nThe first one was blue.",
    "sent from in a sentence": "It was sent from my account to the wrong address.",
    "sent from a telephone in a sentence": "The photo was sent from my iPhone to you yesterday, do you have it?\nAnna",
    "sent from a question": "Was it sent from my iPhone?",
    "confidential in a sentence": "Is this e-mail confidential?\n\nI would not like others to read it.",
    "wrote in a sentence": "Anna wrote me that all is well.\nIs that so?",
    "wrote with a colon": "He wrote:\nyour money is gone",
    "zh wrote": "他昨天写道：\n钱没有了",
    "a signature that is long": "Points:\n--\n" + "\n".join(f"{n}. point" for n in range(20)),
    "subject only": "Subject: refund\nplease",
    "labels of a form": "Name: Anna\nE-mail: anna@mail.example\nOrder: 123",
    "labels of a form with a date": "Name: Anna\nDate: 5 January 2026\nTime: 10:00\nProblem: none",
    "quoted phrase": "> Where is my refund?\nIt didn't come.",
    "code with arrows": "if a > b:\n    pass\nx -> y",
    "a rule": "first\n_______\nsecond",
    "on with a date": "On Monday, January 5, 2026 at 3:04 PM the payment was made: nothing came.",
    "times": "Open hours:\nMon 10:00\nTue 11:00",
    "zh order": "订单时间：2026年1月5日 10:00\n收件人：王小明\n地址：上海",
    "zh parcel": "收件人：王小明\n发件人：李雷\n电话：123\n请修改",
    "forwarded gmail": "---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: Mon\nSubject: x\n"
    "To: C\n\nPlease pay.",
    "forwarded gmail with a word": "See below.\n\n---------- Forwarded message ---------\nFrom: A <a@b.example>\n"
    "Date: Mon\nSubject: x\nTo: C\n\nPlease pay.\n\nOn Mon, Jan 5, 2026 at 3:04 PM A <a@b.example> wrote:\n> old",
    "forwarded apple": "FYI\n\nBegin forwarded message:\n\n> From: A <a@b.example>\n> Subject: x\n> Date: Mon\n> To: C\n>\n"
    "> Please pay.",
    "forwarded apple de": "Siehe unten\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: A\n> Betreff: x\n\nText",
    "forwarded apple fr": "Début du message réexpédié :\n\n> De: A\n> Objet: x\n\nTexte",
    "forwarded thunderbird": "-------- Forwarded Message --------\nSubject: \tx\nDate: \tMon\nFrom: \tA <a@b.example>\n\nText",
    "forwarded zh": "请看\n\n---------- 转发的邮件 ----------\n发件人: A\n主题: x\n\n内容",
    "forwarded qq": "------------------ 转发邮件 ------------------\n发件人: A\n\n内容",
    "forwarded zh apple": "请看\n\n下面是被转发的邮件：\n\n发件人: A\n主题: x\n\n内容",
    "forwarded ru": "-------- Пересылаемое сообщение --------\n05.01.2026, 10:00, A <a@b.example>:\n\nтекст",
    "forwarded es": "---------- Mensaje reenviado ---------\nDe: A\n\nTexto",
    "forwarded pt": "Início da mensagem encaminhada:\n\nDe: A\nAssunto: x\n\nTexto",
    "forwarded it": "Inizio messaggio inoltrato:\n\nDa: A\nOggetto: x\n\nTesto",
    "forwarded ja": "---------- 転送されたメッセージ ----------\n差出人: A\n\n本文",
    "forwarded ko": "---------- 전달된 메시지 ----------\n보낸사람: A\n\n본문",
    "forwarded pl": "-------- Wiadomość przekazana --------\nOd: A\n\nTekst",
    "forwarded nl": "Begin doorgestuurd bericht:\n\nVan: A\nOnderwerp: x\n\nTekst",
    "forwarded tr": "---------- İletilen mesaj ----------\nKimden: A\n\nMetin",
    "forwarded vi": "---------- Thư chuyển tiếp ----------\nTừ: A\n\nVăn bản",
}

PARTED: dict[str, tuple[str, str]] = {
    "an answer below": (
        "On 1/5/26 15:04, A B wrote:\n> Which one?\n> Blue or red?\n\nBlue.",
        "Blue.",
    ),
    "an answer below, with a signature": (
        "On 1/5/26 15:04, A B wrote:\n> Which one?\n> Blue or red?\n\nBlue.\n\n-- \nAnna",
        "Blue.",
    ),
    "an answer below a long quote": (
        "Am 05.01.26 um 15:04 schrieb A:\n" + "> Zeile\n" * 40 + "\nBlau, bitte.",
        "Blau, bitte.",
    ),
    "an answer below an unnamed quote": ("> Which one?\n> Blue?\n> Red?\n\nBlue.", "Blue."),
    "answers between, end of the quote dropped": (
        "On 1/5/26 15:04, A B wrote:\n> size?\n42\n> colour?\nblue\n> Regards\n> Bo",
        "On 1/5/26 15:04, A B wrote:\n> size?\n42\n> colour?\nblue",
    ),
    "a word above and answers between": (
        "Hi Bo,\n\nOn 1/5/26 15:04, A B wrote:\n> size?\n\n42\n\n> colour?\n\nblue\n\nThanks",
        "Hi Bo,\n\nOn 1/5/26 15:04, A B wrote:\n> size?\n\n42\n\n> colour?\n\nblue\n\nThanks",
    ),
    "only a telephone below the quote": (
        "Yes.\n\nOn 1/5/26 15:04, A B wrote:\n> old\n> text\n\nSent from my iPhone",
        "Yes.",
    ),
    "only a signature below the quote": (
        "Yes.\n\nOn 1/5/26 15:04, A B wrote:\n> old\n> text\n\n-- \nAnna Berg\nThings",
        "Yes.",
    ),
    "a list's footer below the quote": (
        "Yes.\n\nOn 1/5/26 15:04, A B wrote:\n> old\n> text\n\n"
        "_______________________________________________\nUsers mailing list\nusers@l.example",
        "Yes.",
    ),
    "a telephone above the quote": (
        "Yes.\n\nSent from my iPhone\n\n> On Jan 5, 2026, at 3:04 PM, A <a@b.example> wrote:\n> \n> old",
        "Yes.",
    ),
    "outlook for ios above the head": (
        "Yes.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n"
        "From: A <a@b.example>\nSent: Monday\nTo: C <c@d.example>\nSubject: x\n\nold",
        "Yes.",
    ),
    "a signature above the attribution": (
        "Yes.\n\n-- \nAnna Berg\n\nOn Mon, Jan 5, 2026 at 3:04 PM A <a@b.example> wrote:\n\n> old",
        "Yes.",
    ),
    "a quoted line that a program broke": (
        "Yes.\n\nOn 1/5/26 15:04, A B wrote:\n"
        "> this is a long line of text that goes on and on until some program\nbroke it here\n"
        "> and on it goes",
        "Yes.",
    ),
    "history in history": (
        "Third.\n\nOn 1/7/26 15:04, A B wrote:\n> Second.\n>\n> On 1/6/26 15:04, C D wrote:\n>> First.",
        "Third.",
    ),
    "orange": (
        'Oui.\n\n> Message du 05/01/26 15:04\n> De : "A" <a@b.example>\n> A : c@d.example\n'
        "> Copie à : \n> Objet : Re: x\n> \n> ancien texte",
        "Oui.",
    ),
    "mail.ru": (
        "Да.\n\n>Понедельник, 5 января 2026, 15:04 +03:00 от A <a@b.example>:\n>\n>старое\n>\n",
        "Да.",
    ),
    "libero": (
        "Sì.\n\n> Il 05/01/2026 15:04 CET A B <a@b.example> ha scritto:\n> \n>  \n> vecchio",
        "Sì.",
    ),
    "apple without a line before": (
        "Yes.\nOn Jan 5, 2026, at 3:04 PM, A <a@b.example> wrote:\n\n> old",
        "Yes.",
    ),
    "words end with a colon above a wrapped attribution": (
        "This is what I need:\nOn Mon, Jan 5, 2026 at 3:04 PM A B\n<a@b.example> wrote:\n\n> old",
        "This is what I need:",
    ),
    "a warning of a gateway": (
        "CAUTION: This email originated from outside of the organization. Do not click links.\n\nYes.",
        "Yes.",
    ),
    "a rule above the head": (
        "Yes.\n\n-----\n\nFrom: A <a@b.example>\nSent: Monday\nTo: C\nSubject: x\n\nold",
        "Yes.",
    ),
    "windows line of a phone in zh": (
        "好的\n\n发自我的iPhone\n\n------------------ 原始邮件 ------------------\n发件人: A <a@b.example>",
        "好的",
    ),
    "a quoted head without an attribution": (
        "Yes.\n\n> From: A <a@b.example>\n> Sent: Monday\n> To: C\n> Subject: x\n> \n> old",
        "Yes.",
    ),
    "several attributions in one answer": (
        "On 1/5/26 15:04, A B wrote:\n> one?\n1\n\nOn 1/6/26 15:04, C D wrote:\n> two?\n2",
        "On 1/5/26 15:04, A B wrote:\n> one?\n1\n\nOn 1/6/26 15:04, C D wrote:\n> two?\n2",
    ),
    "initials": (
        "Да.\n\nВы писали 5 января 2026 г., 15:04:05:\n\nАБ> старое\nАБ> и ещё\n",
        "Да.",
    ),
    "initials between": (
        "Hello Bo,\n\nBL> size?\n\n42\n\nBL> colour?\n\nblue",
        "Hello Bo,\n\nBL> size?\n\n42\n\nBL> colour?\n\nblue",
    ),
    "a short head below a rule": (
        "Yes.\n\n________________________________\nFrom: A <a@b.example>\nSent: Monday\n\nold",
        "Yes.",
    ),
}
