"""More whole texts written after the rules: the first run had 59 of 61."""

# ruff: noqa: E501 - a form stands here as its program writes it, in one piece

HELD_OUT_AGAIN: dict[str, tuple[str, str]] = {
    "talon splitter": ("Test reply\n\n-----Original Message-----\n\nTest", "Test reply"),
    "talon quoted splitter": ("Test reply\n\n>-----Original Message-----\n>\n>Test", "Test reply"),
    "talon no quotation": ("> Once\n\nThis is a reply", "> Once\n\nThis is a reply"),
    "appointment": ("ok\n\n-----Original Appointment-----\nFrom: Bo\nSent: Monday", "ok"),
    "wrote by name": ("Reply\n\nBo Larsen <bo@desk.example> wrote:\n\n> one\n> two", "Reply"),
    "on wrote with tz": (
        "Reply\n\nOn Mon, 5 Jan 2026 15:04:05 +0000 (UTC), Bo <bo@desk.example> wrote:\nold",
        "Reply",
    ),
    "android wrote": (
        "Reply\n\nBo <bo@desk.example> wrote:\n\nold text of it\nmore",
        "Reply",
    ),
    "google groups": (
        'Reply\n\n-- \nYou received this message because you are subscribed to the Google Groups "x" group.\nTo unsubscribe from this group and stop receiving emails from it, send an email to x@googlegroups.example.',
        "Reply",
    ),
    "hey signed": (
        "Hi there,\n\nplease help.\n\nCheers,\nAnna\n\n\nOn Jan 5, 2026, Bo <bo@desk.example> wrote:\n\n> hi",
        "Hi there,\n\nplease help.\n\nCheers,\nAnna",
    ),
    "nested fwd in reply": (
        "Reply\n\nOn Mon, Jan 5, 2026 at 3:04 PM Bo <bo@desk.example> wrote:\n\n> see\n>\n> ---------- Forwarded message ---------\n> From: A\n>\n> x",
        "Reply",
    ),
    "yahoo mobile": (
        "Reply\n\nSent from Yahoo Mail on Android \n \n  On Mon, Jan 5, 2026 at 3:04 PM, Bo<bo@desk.example> wrote:   old text",
        "Reply",
    ),
    "yahoo mobile wrap": (
        "Reply\n\nSent from Yahoo Mail for iPhone\n\n\nOn Monday, January 5, 2026, 3:04 PM, Bo <bo@desk.example> wrote:\n\nold text",
        "Reply",
    ),
    "zh foxmail separators": (
        "好的\n\n\n\n________________________________\n发件人: Bo <bo@desk.example>\n发送时间: 2026年1月5日 15:04\n收件人: anna\n主题: 回复: 订单",
        "好的",
    ),
    "zh signature block": ("请帮我查一下\n\n\n--\n王小明\n电话：13800000000", "请帮我查一下"),
    "zh 来自": ("请帮我查一下\n\n来自 华为手机", "请帮我查一下"),
    "zh xiaomi mail": (
        "收到\n\nBo <bo@desk.example> 于 2026年1月5日周一 下午3:04写道：\n> 您好",
        "收到",
    ),
    "zh reply: 发送自我的": ("好\n\n发送自我的盖乐世", "好"),
    "zh tw phone": ("好\n\n從我的 Android 手機寄出", "好"),
    "zh gmail en name": (
        "ok\n\nBo Larsen<bo@desk.example>于2026年1月5日 周一15:04写道：\n\n> 您好\n",
        "ok",
    ),
    "ko samsung": (
        "네\n\n내 Galaxy에서 보냄\n\n\n-------- 원본 이메일 --------\n발신: Bo <bo@desk.example> \n날짜: 2026/1/5  오후 3:04  (GMT+09:00) \n받은 사람: anna \n제목: x",
        "네",
    ),
    "ja iphone": (
        "はい\n\niPhoneから送信\n\n> 2026/01/05 15:04、Bo <bo@desk.example>のメール:\n> \n> \ufeff古い",
        "はい",
    ),
    "ja outlook": (
        "はい\n\nFrom: Bo <bo@desk.example>\nSent: Monday, January 5, 2026 3:04 PM\nTo: anna\nSubject: x\n\n古い",
        "はい",
    ),
    "ja becky": (
        "はい\n\nOn Mon, 5 Jan 2026 15:04:05 +0900\nBo <bo@desk.example> wrote:\n\n> 古い",
        "はい",
    ),
    "ja wrote 2": ("はい\n\nBo さんは 2026-01-05 15:04 に書きました:\n> 古い\n> x", "はい"),
    "pt iphone": (
        "ok\n\nEnviado do meu iPhone\n\n> Em 5 de jan. de 2026, à(s) 15:04, Bo <bo@desk.example> escreveu:\n> \n> velho",
        "ok",
    ),
    "pt hotmail": (
        "ok\n\nDe: Bo <bo@desk.example>\nEnviado: segunda-feira, 5 de janeiro de 2026 15:04\nPara: anna\nCc: x\nAssunto: y",
        "ok",
    ),
    "es sent by outlook": (
        "Hola, sí\n\nEnviado desde Outlook para Android\n________________________________\nDe: Bo <bo@desk.example>\nEnviado: Monday\nPara: a\nAsunto: b",
        "Hola, sí",
    ),
    "es mi movil": (
        "vale\n\nEnviado desde mi Huawei de Movistar\n\n-------- Mensaje original --------\nAsunto: x\nDe: Bo",
        "vale",
    ),
    "de gmx app": (
        'Ja\n-- \nGesendet mit der GMX Mail App\nAm 05.01.26, 15:04 schrieb "Bo" <bo@desk.example>:\n> alt',
        "Ja",
    ),
    "de freenet": (
        "Ja\n\n--- Ursprüngliche Nachricht ---\nVon: Bo\nDatum: 05.01.2026\nAn: x\nBetreff: y",
        "Ja",
    ),
    "de outlook mac": (
        "Ja\n\nVon: Bo <bo@desk.example>\nDatum: Montag, 5. Januar 2026 um 15:04\nAn: anna\nBetreff: y",
        "Ja",
    ),
    "fr laposte": (
        "Oui\n\n> Message du 05/01/26 15:04\n> De : bo\n> A : anna\n> Copie à :\n> Objet : x\n>\n> vieux",
        "Oui",
    ),
    "fr iphone": (
        "Oui\n\nEnvoyé de mon iPhone\n\n> Le 5 janv. 2026 à 15:04, Bo <bo@desk.example> a écrit :\n> \n> vieux",
        "Oui",
    ),
    "fr outlook long": (
        "Oui\n\nDe : Bo [mailto:bo@desk.example] \nEnvoyé : lundi 5 janvier 2026 15:04\nÀ : anna\nObjet : x\n\nvieux",
        "Oui",
    ),
    "it tiscali": ("Sì\n\nIl 05.01.2026 15:04 Bo ha scritto:\n\n> vecchio\n> x", "Sì"),
    "it aruba": (
        'Sì\n\nDa: "Bo" bo@desk.example\nA: anna@aruba.example\nCc:\nData: Mon, 5 Jan 2026 15:04:05 +0100\nOggetto: Re: x\n\nvecchio',
        "Sì",
    ),
    "nl gmail wrap": (
        "Ja\n\nOp ma 5 jan 2026 om 15:04 schreef Bo van den Berg-Hogeveen <\nbo@desk.example>:\n\n> oud",
        "Ja",
    ),
    "pl o2": (
        "Tak\n\nDnia 5 stycznia 2026 15:04 Bo &lt;bo@desk.example&gt; napisał(a):\nstare",
        "Tak",
    ),
    "pl interia": ("Tak\n\n-----Original Message-----\nOd: Bo", "Tak"),
    "pl gmail short": (
        "Tak\n\npon., 5 sty 2026, 15:04 użytkownik Bo <bo@desk.example> napisał:\n\n> stare",
        "Tak",
    ),
    "tr outlook": (
        "Evet\n\nKimden: Bo <bo@desk.example>\nTarih: 5 Ocak 2026 Pazartesi 15:04\nKime: anna\nKonu: x",
        "Evet",
    ),
    "tr yandex": ('Evet\n\n05.01.2026, 15:04, "Bo" <bo@desk.example>:\n\neski', "Evet"),
    "ru no name": ("Да\n\nпн, 5 янв. 2026 г., 15:04 <bo@desk.example>:\n\n> старое", "Да"),
    "ru wrote you": ("Да\n\nВы писали 5 января 2026 г., 15:04:05:\n\n> старое\n> x", "Да"),
    "ru apple": (
        "Да\n\nОтправлено с iPad\n\n> 5 янв. 2026 г., в 15:04, Bo <bo@desk.example> написал(а):\n> \n> старое",
        "Да",
    ),
    "ru mailru web": (
        "Да\n\n  \n>Понедельник,  5 января 2026, 15:04 +03:00 от Bo <bo@desk.example>:\n>старое",
        "Да",
    ),
    "uk gmail": ("Так\n\nпн, 5 січ. 2026 р., 15:04 Bo <bo@desk.example> пише:\n\n> старе", "Так"),
    "vi outlook mobile": (
        "Vâng\n\nTải xuống Outlook dành cho iOS<https://aka.ms/o0ukef>\n________________________________\nTừ: Bo <bo@desk.example>\nĐã gửi: Monday\nĐến: a\nChủ đề: b",
        "Vâng",
    ),
    "ar outlook": (
        "نعم\n\nمن: Bo <bo@desk.example>\nتم الإرسال: الاثنين، 5 يناير 2026\nإلى: anna\nالموضوع: x",
        "نعم",
    ),
    "he gmail": (
        "כן\n\n\u202bבתאריך יום ב׳, 5 בינו׳ 2026 ב-15:04 מאת \u202aBo\u202c\u200f <\u202abo@desk.example\u202c\u200f>:\u202c\n\n> ישן",
        "כן",
    ),
    "th line": ("ได้\n\nส่งจาก iPhone ของฉัน", "ได้"),
    "plain question with from": (
        "From what I see it is not here.\nTo be honest:\nDate is wrong.",
        "From what I see it is not here.\nTo be honest:\nDate is wrong.",
    ),
    "invoice": (
        "Invoice date: 2026-01-05\nFrom: ACME\nTo: Anna\nTotal: 5\nplease explain",
        "Invoice date: 2026-01-05\nFrom: ACME\nTo: Anna\nTotal: 5\nplease explain",
    ),
    "flight": (
        "From: Berlin (BER)\nTo: Paris (CDG)\nDate: 5 Jan 2026\nTime: 10:00\nName: Anna",
        "From: Berlin (BER)\nTo: Paris (CDG)\nDate: 5 Jan 2026\nTime: 10:00\nName: Anna",
    ),
    "bank transfer zh": (
        "汇款信息：\n付款人：王\n收款人：李\n日期：2026年1月5日\n金额：100",
        "汇款信息：\n付款人：王\n收款人：李\n日期：2026年1月5日\n金额：100",
    ),
    "usdt": (
        "发送时间：2026-01-05 10:00\n发件人：TXabc\n收件人：TYdef\n数量：100 USDT\n还没到账",
        "发送时间：2026-01-05 10:00\n发件人：TXabc\n收件人：TYdef\n数量：100 USDT\n还没到账",
    ),
    "diff": (
        "Patch:\n--- a/x\n+++ b/x\n@@\n-old\n+new\n\nworks",
        "Patch:\n--- a/x\n+++ b/x\n@@\n-old\n+new\n\nworks",
    ),
    "yaml": ("---\nname: x\n---\nWhat is wrong?", "---\nname: x\n---\nWhat is wrong?"),
    "chat log": (
        "Here is the chat:\n[10:00] Anna: hi\n[10:01] Bo wrote: what?\nThat is all.",
        "Here is the chat:\n[10:00] Anna: hi\n[10:01] Bo wrote: what?\nThat is all.",
    ),
    "quote whole para": (
        "You said:\n\n> We will refund you within 3 days.\n> Please wait.\n\nIt is now 10 days.",
        "You said:\n\n> We will refund you within 3 days.\n> Please wait.\n\nIt is now 10 days.",
    ),
    "PS after sig": ("Thanks\n\nAnna\n\nPS: call me at 5", "Thanks\n\nAnna\n\nPS: call me at 5"),
}
