"""HTML as mail programs make it, and what the person wrote in it. After their known forms."""

# ruff: noqa: E501 - a form stands here as its program writes it, in one piece

HTML_FORMS: dict[str, tuple[str, str]] = {
    "gmail": (
        '<div dir="ltr">Yes, the blue one.<div><br></div><div>Thanks</div></div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Jan 5, 2026 at 3:04 PM Bo &lt;<a href="mailto:bo@desk.example">bo@desk.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">Dear Anna,<br>which one?</blockquote></div>',
        "Yes, the blue one.\n\nThanks",
    ),
    "gmail sig": (
        '<div dir="ltr">Yes.<br clear="all"><div><br></div>-- <br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div>Anna Berg</div><div>Things</div></div></div><br><div class="gmail_quote"><div class="gmail_attr">whatever unknown language 12:<br></div><blockquote class="gmail_quote">old</blockquote></div>',
        "Yes.",
    ),
    "gmail inline": (
        '<div dir="ltr">Hi<br><br><div class="gmail_quote"><div class="gmail_attr">On Mon, Bo wrote:<br></div><blockquote class="gmail_quote">Which size?</blockquote><div>42</div><blockquote class="gmail_quote">Which colour?</blockquote><div>Blue</div><blockquote class="gmail_quote">Regards<br>Bo</blockquote></div></div>',
        "Hi\n\nOn Mon, Bo wrote:\n\n> Which size?\n\n42\n\n> Which colour?\n\nBlue",
    ),
    "gmail forward": (
        '<div dir="ltr">See below<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>From: <strong>Eve</strong> &lt;eve@x.example&gt;<br>Date: Mon<br>Subject: Pay<br>To: anna<br></div><br>Please pay.</div></div>',
        "See below\n\n---------- Forwarded message ---------\nFrom: Eve <eve@x.example>\nDate: Mon\nSubject: Pay\nTo: anna\n\nPlease pay.",
    ),
    "outlook word": (
        '<html><head><style>p{margin:0}</style></head><body lang=EN><div class="WordSection1"><p class="MsoNormal">Hello,<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">it is broken.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal"><b>From:</b> Bo &lt;bo@desk.example&gt; <br><b>Sent:</b> Monday<br><b>To:</b> Anna<br><b>Subject:</b> Order<o:p></o:p></p></div></div><p class="MsoNormal">old</p></div></body></html>',
        "Hello,\n\nit is broken.",
    ),
    "outlook word unknown language": (
        '<div class="WordSection1"><p class="MsoNormal">Tere.</p><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>Saatja:</b> Bo</p></div><p>vana</p></div>',
        "Tere.",
    ),
    "owa": (
        '<html><body><div style="font-family:Calibri">Thanks!</div><div id="Signature"><div>Anna Berg</div><div>Head of Things</div></div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri"><b>Von:</b> Bo</font></div><div>alt</div></body></html>',
        "Thanks!",
    ),
    "outlook ios": (
        '<html><body><div dir="ltr">Ok then</div><div id="ms-outlook-mobile-body-separator-line" dir="ltr"><br></div><div id="ms-outlook-mobile-signature"><div></div>Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Bo</div><div>old</div></body></html>',
        "Ok then",
    ),
    "outlook ios new": (
        '<body><div dir="ltr">Ok then</div><div id="mail-editor-reference-message-container"><div class="ms-outlook-mobile-reference-message skipProofing"><hr><div dir="ltr"><strong>De :</strong> Bo</div></div></div></body>',
        "Ok then",
    ),
    "apple": (
        '<html><body style="word-wrap:break-word">Yes.<div><br></div><div>Anna<br><div><br><blockquote type="cite"><div>On Jan 5, 2026, at 3:04 PM, Bo &lt;bo@desk.example&gt; wrote:</div><br class="Apple-interchange-newline"><div>old</div></blockquote></div><br></div></body></html>',
        "Yes.\n\nAnna",
    ),
    "iphone": (
        '<html><body dir="auto">Yes.<br><br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On Jan 5, 2026, at 3:04 PM, Bo &lt;bo@desk.example&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">\ufeffold</div></blockquote></body></html>',
        "Yes.",
    ),
    "apple forward": (
        '<body>FYI<div><br><div>Begin forwarded message:</div><br><blockquote type="cite"><div><b>From: </b>Eve</div><div><b>Subject: </b>Pay</div><br><div>Please pay.</div></blockquote></div></body>',
        "FYI\n\nBegin forwarded message:\n\n> From: Eve\n> Subject: Pay\n>\n> Please pay.",
    ),
    "thunderbird": (
        '<html><body><p>Yes.</p><div class="moz-signature">-- <br>Anna</div><div class="moz-cite-prefix">Am 05.01.26 um 15:04 schrieb Bo:<br></div><blockquote type="cite" cite="mid:x@y"><p>alt</p></blockquote></body></html>',
        "Yes.",
    ),
    "thunderbird bottom": (
        '<html><body><div class="moz-cite-prefix">On 05.01.26 15:04, Bo wrote:<br></div><blockquote type="cite" cite="mid:x@y"><p>which one?</p></blockquote><p>The blue one.</p><pre class="moz-signature" cols="72">-- \nAnna</pre></body></html>',
        "The blue one.",
    ),
    "thunderbird inline": (
        '<html><body><div class="moz-cite-prefix">On 05.01.26 15:04, Bo wrote:<br></div><blockquote type="cite"><p>size?</p></blockquote><p>42</p><blockquote type="cite"><p>colour?</p></blockquote><p>Blue.</p></body></html>',
        "On 05.01.26 15:04, Bo wrote:\n\n> size?\n\n42\n\n> colour?\n\nBlue.",
    ),
    "yahoo": (
        '<html><body><div class="ydpabcyahoo-style-wrap"><div dir="ltr">Still nothing.</div><div><br></div></div><div id="ydp1yahoo_quoted_123" class="ydp1yahoo_quoted"><div>On Monday, January 5, 2026 at 03:04:05 PM GMT+1, Bo &lt;bo@desk.example&gt; wrote:</div><div><br></div><div>old</div></div></body></html>',
        "Still nothing.",
    ),
    "yahoo 2": (
        '<div dir="ltr">Still nothing.</div><div id="yahoo_quoted_1234" class="yahoo_quoted"><div>odd language</div><div>old</div></div>',
        "Still nothing.",
    ),
    "proton": (
        '<div style="font-family:Arial">Merci.</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Envoyé avec la messagerie sécurisée Proton Mail.</div></div><div class="protonmail_quote">Le lundi 5 janvier 2026 à 15:04, Bo &lt;bo@desk.example&gt; a écrit :<br><br><blockquote class="protonmail_quote" type="cite">vieux</blockquote></div>',
        "Merci.",
    ),
    "qq": (
        '<div style="position:relative;"><div>你好，没有收到</div><div><br></div><div><includetail><div style="font:Verdana">&nbsp;</div><div style="FONT-SIZE: 12px;FONT-FAMILY: Arial Narrow;padding:2px 0 2px 0;">------------------&nbsp;原始邮件&nbsp;------------------</div><div style="FONT-SIZE: 12px;background:#efefef;padding:8px;"><div><b>发件人:</b>&nbsp;"Bo"&lt;bo@desk.example&gt;;</div><div><b>发送时间:</b>&nbsp;2026年1月5日</div><div><b>收件人:</b>&nbsp;"anna";</div><div><b>主题:</b>&nbsp;订单</div></div><div>旧</div></includetail></div></div>',
        "你好，没有收到",
    ),
    "qq new": (
        '<div class="xmail-text">没有收到</div><hr xmail-signature-hr><div xmail-signature=""><div>王小明</div></div><div class="xm_write_script"></div><div class="xm_mail_oringinal_describe"><div>原始邮件</div><div>发件人：Bo</div></div><div class="qmbox">旧</div>',
        "没有收到",
    ),
    "foxmail": (
        '<body><div>收到，谢谢</div><div><br></div><hr style="width:210px;height:1px;" color="#b5c4df" size="1" align="left"><div><span><div style="MARGIN:10px"><div>anna@mail.example</div></div></span></div><blockquote style="margin-Top:0px;margin-Bottom:0px;margin-Left:0.5em;"><div>&nbsp;</div><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm"><div style="PADDING-RIGHT: 8px"><div><b>发件人：</b>&nbsp;<a href="mailto:b">Bo</a></div><div><b>发送时间：</b>&nbsp;2026-01-05</div></div></div><div>旧</div></blockquote></body>',
        "收到，谢谢",
    ),
    "netease master": (
        '<div><div>好的</div><div class="ntes-mailmaster-quote" style="padding-top:1px"><div style="margin:1em 0">---- 回复的原邮件 ----</div><table><tr><td>发件人</td><td>Bo</td></tr></table><blockquote>旧</blockquote></div></div>',
        "好的",
    ),
    "163 web": (
        '<div style="line-height:1.7">好的，谢谢<br/><br/></div><p>At 2026-01-05 15:04:05, "Bo" &lt;bo@desk.example&gt; wrote:</p> <blockquote id="isReplyContent" style="PADDING-LEFT:1ex;BORDER-LEFT:#ccc 1px solid">旧</blockquote>',
        "好的，谢谢",
    ),
    "mail.ru": (
        '<HTML><BODY><div>Не пришло</div><div>&nbsp;</div><div data-signature-widget="container"><div>--<br>Анна</div></div><blockquote style="border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;">Понедельник, 5 января 2026, 15:04 +03:00 от Bo &lt;bo@desk.example&gt;:<br>&nbsp;<div>старое</div></blockquote></BODY></HTML>',
        "Не пришло",
    ),
    "yandex": (
        '<div>Не пришло</div><div> </div><div>05.01.2026, 15:04, "Bo" &lt;bo@desk.example&gt;:</div><blockquote><p>старое</p></blockquote>',
        "Не пришло",
    ),
    "gmx": (
        '<html><body><div style="font-family: Verdana;"><div>Danke</div><div>&nbsp;<div name="quote" style="margin:10px 5px 5px 10px; border-left:2px solid #C3D9E5;"><div><b>Gesendet:</b>&nbsp;Montag<br/><b>Von:</b>&nbsp;Bo</div><div name="quoted-content">alt</div></div></div></div></body></html>',
        "Danke",
    ),
    "zoho": (
        '<div>Thanks<br></div><div class="zmail_extra" id="Zm-_Id_-Sgn1"><div><br>---- On Mon, 05 Jan 2026 15:04:05 +0100 <b>Bo &lt;bo@desk.example&gt;</b> wrote ----<br></div><blockquote style="border-left: 1px solid rgb(204,204,204)">old</blockquote></div>',
        "Thanks",
    ),
    "samsung": (
        '<div>Ok</div><div><br></div><div id="composer_signature"><div style="font-size:12px">Von meinem Galaxy gesendet</div></div><div><br></div><div style="font-size:100%;color:#000000"><!-- originalMessage --><div>-------- Ursprüngliche Nachricht --------</div><div>Von: Bo &lt;bo@desk.example&gt; </div><div>Datum: 05.01.26</div></div><div>alt</div>',
        "Ok",
    ),
    "roundcube": (
        '<p>Oui</p><p id="reply-intro">Langue inconnue 2026</p><blockquote type="cite" style="padding:0 0.4em">vieux</blockquote>',
        "Oui",
    ),
    "spark": (
        '<html><body><div name="messageBodySection">Yes</div><div name="messageSignatureSection"><br><div>Anna Berg</div></div><div name="messageReplySection">On Jan 5, 2026, 3:04 PM +0100, Bo, wrote:<br><blockquote type="cite">old</blockquote></div></body></html>',
        "Yes",
    ),
    "naver": (
        '<div>네 감사합니다</div><p style="font-size:10pt">-----Original Message-----<br><b>From:</b> "Bo"<br><b>To:</b> anna<br></p><div>old</div>',
        "네 감사합니다",
    ),
    "list": (
        "<p>I need:</p><ul><li>one</li><li>two<ol><li>a</li><li>b</li></ol></li></ul><p>Thanks</p>",
        "I need:\n\n- one\n- two\n  1. a\n  2. b\n\nThanks",
    ),
    "table": (
        "<table><tr><th>Order</th><th>Price</th></tr><tr><td>1</td><td>10 EUR</td></tr></table><p>Please</p>",
        "Order Price\n1 10 EUR\n\nPlease",
    ),
    "hidden": (
        '<div style="display:none">preheader</div><div>Hello<span style="DISPLAY: NONE">x</span></div>',
        "Hello",
    ),
    "indent blockquote": (
        '<div>My points:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>one</div><div>two</div></blockquote><div>Bye</div>',
        "My points:\n\none\ntwo\n\nBye",
    ),
    "pre": ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
    "no body": ("just text &amp; more", "just text & more"),
    "tutanota": (
        '<div>Ja</div><div><br></div><div>05.01.2026, 15:04 von bo@desk.example:</div><blockquote class="tutanota_quote" style="border-left:1px solid #93A3B8"><div>alt</div></blockquote>',
        "Ja",
    ),
    "front": (
        '<div>Sure</div><blockquote type="cite" class="front-blockquote"><br>On January 5, 2026, Bo wrote:<br><div>old</div></blockquote>',
        "Sure",
    ),
    "ox": (
        '<!doctype html><html><body><p>Sì, grazie.</p><blockquote type="cite"><div>Il 05/01/2026 15:04 CET Bo &lt;bo@desk.example&gt; ha scritto:</div><div>vecchio</div></blockquote></body></html>',
        "Sì, grazie.",
    ),
    "daum": (
        "<p>네</p><p>--------- 원본 메일 ---------</p><div><strong>보낸사람</strong>: Bo<br><strong>받는사람</strong>: anna<br></div>",
        "네",
    ),
    "hotmail old": (
        '<div dir="ltr">Yes<br><br><div><hr id="stopSpelling">Date: Mon, 5 Jan 2026<br>From: bo@desk.example<br>To: anna@mail.example<br>Subject: x<br><br>old</div></div>',
        "Yes",
    ),
    "owa full": (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style></head><body dir="ltr"><div class="elementToProof" style="font-family: Aptos, Calibri; font-size: 12pt;">Hi Bo,</div><div class="elementToProof"><br></div><div class="elementToProof">It works now.</div><div class="elementToProof" id="Signature"><p>Anna Berg<br>Head of Things</p></div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000"><b>From:</b> Bo &lt;bo@desk.example&gt;<br><b>Sent:</b> Monday</font><div>&nbsp;</div></div><div>old</div></body></html>',
        "Hi Bo,\n\nIt works now.",
    ),
    "gmail android": (
        '<div dir="auto">Yes it is.<div dir="auto"><br></div><div dir="auto">Thanks</div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Jan 5, 2026, 15:04 Bo &lt;<a href="mailto:bo@desk.example">bo@desk.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">old</blockquote></div>',
        "Yes it is.\n\nThanks",
    ),
    "gmail old": (
        '<div class="gmail_extra">Yes<br><br><div class="gmail_quote">2015-01-05 15:04 GMT+01:00 Bo <span dir="ltr">&lt;<a href="mailto:bo@desk.example">bo@desk.example</a>&gt;</span>:<br><blockquote class="gmail_quote">old</blockquote></div></div>',
        "Yes",
    ),
    "outlook tables": (
        "<div class=WordSection1><p class=MsoNormal>See:</p><table class=MsoNormalTable><tr><td><p class=MsoNormal>Order</p></td><td><p class=MsoNormal>4711</p></td></tr></table><p class=MsoNormal>Thanks</p></div>",
        "See:\n\nOrder\n4711\n\nThanks",
    ),
    "outlook mobile fr": (
        '<html><body><div dir="auto">Oui</div><div dir="auto"><br></div><div id="ms-outlook-mobile-signature" dir="auto">Télécharger <a href="https://aka.ms/AAb9ysg">Outlook pour Android</a></div><div id="mail-editor-reference-message-container" dir="auto"><br><hr><div style="font-size:11pt"><strong>De :</strong> Bo</div></div></body></html>',
        "Oui",
    ),
    "apple nested sig": (
        '<html><body>Yes<br><br><div id="AppleMailSignature" dir="ltr">Sent from my iPhone</div><div dir="ltr"><br>On Jan 5, 2026, at 3:04 PM, Bo &lt;<a href="mailto:bo@desk.example">bo@desk.example</a>&gt; wrote:<br><br></div><blockquote type="cite"><div dir="ltr">old</div></blockquote></body></html>',
        "Yes",
    ),
    "mail.ru new": (
        '<div><div>Да</div><div>&nbsp;</div><div data-signature-widget="container"><div data-signature-widget="content"><div>--<br>Анна</div></div></div><div>&nbsp;</div><div>&nbsp;</div><blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">Понедельник, 5 января 2026, 15:04 +03:00 от Bo &lt;bo@desk.example&gt;:<br>&nbsp;<div id="">старое</div></blockquote></div>',
        "Да",
    ),
    "yandex sig": (
        "<div>Да</div><div>\xa0</div><div>--\xa0</div><div>Отправлено из мобильного приложения Яндекс Почты</div><div>\xa0</div><div>05.01.2026, 15:04, Bo &lt;bo@desk.example&gt;:</div><blockquote><p>старое</p></blockquote>",
        "Да",
    ),
    "naver 2": (
        '<html><body><div style="font-size:10pt"><p>네</p><p><br></p><div><br></div><div class="reply_block"><p>-----Original Message-----<br><b>From:</b> Bo<br></p></div></div></body></html>',
        "네",
    ),
    "web.de app": (
        '<html><body><div>Ja<br><br>-- <br>Diese Nachricht wurde von meinem Android Mobiltelefon mit WEB.DE Mail gesendet.</div><div class="gmail_quote">Am 05.01.26, 15:04 schrieb &quot;Bo&quot; &lt;bo@desk.example&gt;:<blockquote class="gmail_quote">alt</blockquote></div></body></html>',
        "Ja",
    ),
    "p spaced": ("<p>Hello,</p><p>two</p><p>&nbsp;</p><p>three</p>", "Hello,\n\ntwo\n\nthree"),
    "br spaced": ("Hello,<br><br>two<br/>three<br><br><br>four", "Hello,\n\ntwo\nthree\n\nfour"),
    "nested span": (
        '<div><span>He</span><b>llo</b> <i>you</i>, <a href="https://x.example">see here</a>.</div>',
        "Hello you, see here.",
    ),
    "emoji img": ('<div>Thanks <img alt="😀" src="x"></div>', "Thanks 😀"),
    "qq 2024": (
        '<div>收到</div><div><br></div><hr xmail-signature-hr><div xmail-signature=""><div>王</div></div><div class="xm_compose_origin_mail_container"><div>原始邮件</div><div>旧</div></div>',
        "收到",
    ),
    "qq phone": (
        '<div>收到</div><div><br></div><div>---原始邮件---</div><div><b>发件人:</b> "Bo"<br><b>发送时间:</b> 2026年1月5日</div><div>旧</div>',
        "收到",
    ),
    "163 blockquote": (
        '<div>好</div><br><br><br><div style="position:relative;zoom:1"></div><div id="divNeteaseMailCard"></div><p>在 2026-01-05 15:04:05，"Bo" &lt;bo@desk.example&gt; 写道：</p><blockquote id="isReplyContent">旧</blockquote>',
        "好",
    ),
    "zimbra": (
        '<div style="font-family: arial"><div>Oui</div><div><br></div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><blockquote style="border-left:2px solid #1010FF;margin-left:5px"><b>De: </b>Bo<br><b>À: </b>anna<br><b>Envoyé: </b>Lundi<br><b>Objet: </b>x<br></blockquote></div><div data-marker="__QUOTED_TEXT__"><blockquote style="border-left:2px solid #1010FF">vieux</blockquote></div></div>',
        "Oui",
    ),
    "hushmail plain in html": (
        '<html><body><p>Yes.<br><br>On 1/5/2026 at 3:04 PM, "Bo" &lt;bo@desk.example&gt; wrote:</p><blockquote style="border-left:solid 1px #ccc;margin-left:10px;padding-left:10px;">old</blockquote></body></html>',
        "Yes.",
    ),
    "superhuman": (
        '<html><body><div>Yes</div><div class="sh-signature"><div>Anna</div></div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, Jan 05, 2026 at 3:04 PM, Bo wrote:<br></div><blockquote>old</blockquote></div></body></html>',
        "Yes",
    ),
    "inline coloured outlook": (
        '<div class="WordSection1"><p class="MsoNormal">My answers in red below.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> Bo<br><b>Sent:</b> Monday<br><b>To:</b> Anna<br><b>Subject:</b> x</p></div><p>q? <span style="color:red">a.</span></p><p>Bo</p></div>',
        "My answers in red below.\n\nq? a.",
    ),
    "forward outlook web with text": (
        '<div>Please see</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Eve<br><b>Sent:</b> Mon<br><b>To:</b> x<br><b>Subject:</b> y</div><div>content</div>',
        "Please see",
    ),
}
