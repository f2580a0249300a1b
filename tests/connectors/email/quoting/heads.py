"""Heads of quoted mails, and the titles above them. Written after their known forms."""

# ruff: noqa: E501 - a form stands here as its program writes it, in one piece

M = "anna@mail.example"


def _outlook(sender: str, sent: str, to: str, subject: str) -> str:
    return (
        f"{sender} Anna Berg <{M}>\n{sent} Monday, January 5, 2026 3:04 PM\n"
        f"{to} Desk <help@desk.example>\n{subject} Your order"
    )


HEADS: dict[str, str] = {
    "outlook en": _outlook("From:", "Sent:", "To:", "Subject:"),
    "outlook en bold": _outlook("*From:*", "*Sent:*", "*To:*", "*Subject:*"),
    "outlook mac": _outlook("From:", "Date:", "To:", "Subject:"),
    "outlook de": _outlook("Von:", "Gesendet:", "An:", "Betreff:"),
    "outlook fr": _outlook("De :", "Envoyé :", "À :", "Objet :"),
    "outlook fr nbsp": _outlook("De\xa0:", "Envoyé\xa0:", "À\xa0:", "Objet\xa0:"),
    "outlook es": _outlook("De:", "Enviado el:", "Para:", "Asunto:"),
    "outlook pt": _outlook("De:", "Enviada em:", "Para:", "Assunto:"),
    "outlook pt-PT": _outlook("De:", "Enviado:", "Para:", "Assunto:"),
    "outlook it": _outlook("Da:", "Inviato:", "A:", "Oggetto:"),
    "outlook nl": _outlook("Van:", "Verzonden:", "Aan:", "Onderwerp:"),
    "outlook pl": _outlook("Od:", "Wysłano:", "Do:", "Temat:"),
    "outlook ru": _outlook("От:", "Отправлено:", "Кому:", "Тема:"),
    "outlook ru dates": _outlook("От:", "Дата:", "Кому:", "Тема:"),
    "outlook uk": _outlook("Від:", "Надіслано:", "Кому:", "Тема:"),
    "outlook tr": _outlook("Kimden:", "Gönderildi:", "Kime:", "Konu:"),
    "outlook tr other": _outlook("Gönderen:", "Gönderilme Tarihi:", "Alıcı:", "Konu:"),
    "outlook vi": _outlook("Từ:", "Đã gửi:", "Đến:", "Chủ đề:"),
    "outlook vi other": _outlook("Người gửi:", "Ngày gửi:", "Người nhận:", "Tiêu đề:"),
    "outlook zh-CN": _outlook("发件人:", "发送时间:", "收件人:", "主题:"),
    "outlook zh-CN wide colon": _outlook("发件人：", "日期：", "收件人：", "主题："),
    "outlook zh-TW": _outlook("寄件者:", "寄件日期:", "收件者:", "主旨:"),
    "outlook zh-TW other": _outlook("寄件者:", "傳送時間:", "收件者:", "主旨:"),
    "aliyun spaced label": _outlook("发件人：", "发送时间：", "收件人：", "主\u3000题："),
    "outlook ja": _outlook("差出人:", "送信日時:", "宛先:", "件名:"),
    "outlook ko": _outlook("보낸 사람:", "보낸 날짜:", "받는 사람:", "제목:"),
    "outlook ar": _outlook("من:", "تاريخ الإرسال:", "إلى:", "الموضوع:"),
    "outlook fa": _outlook("از:", "تاریخ:", "به:", "موضوع:"),
    "outlook he": _outlook("מאת:", "נשלח:", "אל:", "נושא:"),
    "outlook id": _outlook("Dari:", "Dikirim:", "Kepada:", "Subjek:"),
    "outlook th": _outlook("จาก:", "ส่ง:", "ถึง:", "เรื่อง:"),
    "outlook cs": _outlook("Od:", "Odesláno:", "Komu:", "Předmět:"),
    "outlook sk": _outlook("Od:", "Odoslané:", "Komu:", "Predmet:"),
    "outlook sv": _outlook("Från:", "Skickat:", "Till:", "Ämne:"),
    "outlook da": _outlook("Fra:", "Sendt:", "Til:", "Emne:"),
    "outlook fi": _outlook("Lähettäjä:", "Lähetetty:", "Vastaanottaja:", "Aihe:"),
    "outlook el": _outlook("Από:", "Στάλθηκε:", "Προς:", "Θέμα:"),
    "outlook hu": _outlook("Feladó:", "Elküldve:", "Címzett:", "Tárgy:"),
    "outlook ro": _outlook("De la:", "Trimis:", "Către:", "Subiect:"),
    "outlook bg": _outlook("От:", "Изпратено:", "До:", "Относно:"),
    "outlook hr": _outlook("Šalje:", "Poslano:", "Prima:", "Predmet:"),
    "outlook without address": "From: Anna Berg\nSent: Monday\nTo: Desk\nSubject: Your order",
    "outlook with rule": "_" * 32 + "\n" + _outlook("From:", "Sent:", "To:", "Subject:"),
    "outlook rule and blank": "_" * 32 + "\n\n" + _outlook("Von:", "Gesendet:", "An:", "Betreff:"),
    "outlook many recipients": f"From: Anna Berg <{M}>\nSent: Monday, January 5, 2026 3:04 PM\n"
    "To: Bo Larsen <bo@desk.example>; Cy Young <cy@desk.example>;\nDi Dahl <di@desk.example>;\n"
    "Ed Ek <ed@desk.example>\nCc: Flo <flo@desk.example>\nSubject: Your order",
    "outlook importance": f"From: Anna <{M}>\nSent: Monday\nTo: Desk\nSubject: Order\nImportance: High",
    "double spaced": f"From: Anna <{M}>\n\nSent: Monday\n\nTo: Desk\n\nSubject: Order",
    "subject first": f"Subject: Order\nFrom: Anna <{M}>\nTo: help@desk.example\nDate: 5 Jan 2026",
    "date first gmx": f'Gesendet: Montag, 5. Januar 2026 um 15:04 Uhr\nVon: "Anna" <{M}>\n'
    "An: help@desk.example\nBetreff: Bestellung",
    "in one line": f"From: Anna <{M}> Sent: Monday, January 5, 2026 To: Desk Subject: Your order",
    "zimbra fr": f'----- Mail original -----\nDe: "Anna" <{M}>\nÀ: help@desk.example\n'
    "Envoyé: Lundi 5 Janvier 2026 15:04:05\nObjet: Commande",
    "zimbra pt": f'De: "Anna" <{M}>\nPara: "Desk" <help@desk.example>\n'
    "Enviadas: Segunda-feira, 5 de janeiro de 2026 15:04:05\nAssunto: Pedido",
    "qq zh": f'------------------ 原始邮件 ------------------\n发件人: "Anna" <{M}>;\n'
    '发送时间: 2026年1月5日(星期一) 下午3:04\n收件人: "Desk"<help@desk.example>;\n\n主题: Re: 订单',
    "qq nbsp": f"------------------\xa0原始邮件\xa0------------------\n发件人: Anna <{M}>",
    "qq en": f'------------------ Original ------------------\nFrom:  "Anna";<{M}>;\n'
    'Date:  Mon, Jan 5, 2026 03:04 PM\nTo:  "Desk"<help@desk.example>;\n\nSubject:  Re: order',
    "qq app": f'---原始邮件---\n发件人: "Anna"<{M}>\n发送时间: 2026年1月5日(周一) 下午3:04',
    "qq answer": f"------------------ 回复邮件 ------------------\n发件人: Anna <{M}>",
    "foxmail zh": "发件人： Anna\n发送时间： 2026-01-05 15:04\n收件人： desk <help@desk.example>\n"
    "抄送： bo\n主题： 订单",
    "foxmail en": "From: Anna\nDate: 2026-01-05 15:04\nTo: desk\nSubject: Re: order",
    "netease master zh": f"---- 回复的原邮件 ----\n| 发件人 | Anna<{M}> |\n| 日期 | 2026年1月5日 15:04 |"
    "\n| 收件人 | help@desk.example |\n| 主题 | 订单 |",
    "netease master en": f"---- Replied Message ----\n| From | Anna<{M}> |\n| Date | 01/05/2026 15:04 |"
    "\n| To | help@desk.example |\n| Subject | order |",
    "netease table alone": f"| 发件人 | Anna<{M}> |\n| 日期 | 2026年1月5日 15:04 |\n| 主题 | 订单 |",
    "coremail": f"-----原始邮件-----\n发件人:Anna <{M}>\n发送时间:2026-01-05 15:04:05 (星期一)\n"
    "收件人: help@desk.example\n主题: 订单",
    "sina": "----- 原始邮件 -----\n发件人：anna\n收件人：desk\n主题：订单\n日期：2026年01月05日 15点04分",
    "139": '----邮件原文----\n发件人："Anna" <a@mail.example>\n收件人：desk',
    "zh-TW": f"-----原始郵件-----\n寄件者: Anna <{M}>\n收件者: desk",
    "samsung en": f"-------- Original message --------\nFrom: Anna <{M}>\nDate: 05/01/2026 15:04 (GMT+01:00)",
    "samsung de": f"-------- Ursprüngliche Nachricht --------\nVon: Anna <{M}>\nDatum: 05.01.26 15:04",
    "samsung fr": f"-------- Message d'origine --------\nDe : Anna <{M}>",
    "samsung es": f"-------- Mensaje original --------\nDe: Anna <{M}>",
    "samsung it": f"-------- Messaggio originale --------\nDa: Anna <{M}>",
    "samsung nl": f"-------- Oorspronkelijk bericht --------\nVan: Anna <{M}>",
    "samsung pt": f"-------- Mensagem original --------\nDe: Anna <{M}>",
    "samsung pl": f"-------- Oryginalna wiadomość --------\nOd: Anna <{M}>",
    "samsung ru": f"-------- Исходное сообщение --------\nОт: Anna <{M}>",
    "samsung tr": f"-------- Orijinal mesaj --------\nKimden: Anna <{M}>",
    "samsung ko": f"-------- 원본 이메일 --------\n발신: Anna <{M}>",
    "samsung zh": f"-------- 原始信息 --------\n发件人： Anna <{M}>",
    "samsung vi": f"-------- Tin nhắn gốc --------\nTừ: Anna <{M}>",
    "samsung ja": f"-------- 元のメッセージ --------\nFrom: Anna <{M}>",
    "huawei": f"-------- Original Message --------\nSubject: order\nFrom: Anna <{M}>\nTo: desk",
    "outlook express": "----- Original Message ----- \nFrom: Anna\nTo: desk\nSent: Monday",
    "outlook 2003": f"-----Original Message-----\nFrom: Anna [mailto:{M}] \nSent: Monday",
    "outlook 2003 de": f"-----Ursprüngliche Nachricht-----\nVon: Anna [mailto:{M}]",
    "outlook 2003 it": "-----Messaggio originale-----\nDa: Anna",
    "outlook 2003 cs": "-----Původní zpráva-----\nOd: Anna",
    "em client": f'------ Original Message ------\nFrom "Anna" <{M}>\nTo help@desk.example\nDate 05/01/2026',
    "em client de": f'------ Originalnachricht ------\nVon "Anna" <{M}>\nAn help@desk.example',
    "proton title": f"------- Original Message -------\nOn Monday, January 5th, 2026 at 3:04 PM, Anna <{M}> wrote:",
    "proton title older": f"‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Monday, January 5, 2026 3:04 PM, Anna <{M}> wrote:",
    "naver": f'-----Original Message-----\nFrom: "Anna"<{M}>\nTo: <help@desk.example>; \nCc: \n'
    "Sent: 2026-01-05 (월) 15:04:05 (GMT+09:00)\nSubject: order",
    "daum": f"--------- 원본 메일 ---------\n보낸사람 : Anna <{M}>\n받는사람 : desk\n날짜 : 2026년 1월 5일\n제목 : order",
    "hanmail": "---------[ 원본 메세지 ]---------\n제목 : order\n보낸이 : Anna",
    "docomo": f"-----元のメッセージ-----\n差出人: Anna <{M}>\n送信日時: 2026年1月5日",
    "uol": f'De: "Anna" <{M}>\nEnviada: 2026/01/05 15:04:05\nPara: help@desk.example\nAssunto: pedido',
    "mail.ru title": f"--------- Исходное письмо ---------\nОт: Anna <{M}>",
    "zendesk line": "##- Please type your reply above this line -##\nYour request has been updated.",
    "reply above": "--- Reply above this line ---\nAgent: hello",
    "reply above de": "Bitte antworten Sie oberhalb dieser Linie\nText",
    "one line dashes": f"-----Original Message-----From: Anna <{M}> Sent: Monday",
    "hotmail": f"________________________________________\nFrom: Anna [{M}]\nSent: Monday\nTo: desk\nSubject: Order",
}
