"""Words of mail programs in the languages of Asia and Africa. A new language is a new row."""

from connectors.email.reply_text.language import Language

LANGUAGES: dict[str, Language] = {
    "tr": Language(
        "yazdı|şunu yazdı|şunları yazdı|yazmış|yazıyor",
        "kimden|gönderen",
        "kime|alıcı",
        "bilgi",
        "tarih|gönderildi|gönderim tarihi|gönderme tarihi|gönderilme tarihi|gönderilen",
        "konu",
        "orijinal mesaj|özgün ileti|orijinal ileti|asıl ileti|özgün mesaj|orjinal mesaj"
        "|asıl mesaj|orijinal e-posta|orjinal ileti|özgün e-posta",
        "iletilen mesaj|iletilmiş mesajın başlangıcı|iletilmiş ileti|yönlendirilmiş mesaj"
        "|iletilen ileti|yönlendirilen ileti|yönlendirilmiş ileti|iletilen e-posta",
    ),
    "vi": Language(
        "đã viết|viết|đã gửi thư",
        "từ|người gửi",
        "tới|đến|người nhận|gửi tới|gửi đến",
        "đồng gửi|đồng kính gửi",
        "ngày|đã gửi|ngày gửi|thời gian|gửi lúc|vào lúc|gửi",
        "chủ đề|tiêu đề",
        "thư gốc|tin nhắn gốc|thư ban đầu|tin nhắn ban đầu|email gốc|thông báo gốc|nội dung gốc",
        "thư chuyển tiếp|thư đã chuyển tiếp|tin nhắn được chuyển tiếp|email chuyển tiếp"
        "|tin nhắn đã chuyển tiếp|bắt đầu thư được chuyển tiếp|tin nhắn chuyển tiếp",
    ),
    "zh": Language(
        "写道|寫道|来信|来函|撰写|撰寫|写到|寫到|編寫|编写|写了|寫了",
        "发件人|發件人|寄件者|寄件人|发信人|發信人|发自",
        "收件人|收件者|收信人|发给|至",
        "抄送|副本|抄送人|密送|密件副本|回复",
        "日期|发送时间|發送時間|时间|時間|寄件日期|傳送時間|传送时间|发送日期|已发送|發送日期"
        "|傳送日期|已傳送|发件时间|寄件時間|发信时间|寄出時間",
        "主题|主題|主旨|标题|標題|邮件主题",
        "原始邮件|原始郵件|邮件原件|郵件原件|原邮件|原郵件|回复的原邮件|回复邮件|回覆郵件|邮件原文|郵件原文|回复的邮件|回复的邮件信息|回覆的郵件"
        "|原文|原始信息|原始訊息|原始信件|原信件|原信|原始消息|原始內容|原始内容|引用原文",
        "转发邮件|轉寄郵件|转发的邮件|轉發郵件|转发邮件信息|轉寄的郵件|以下是轉寄的郵件"
        "|下面是被转发的邮件|开始转发的邮件|開始轉寄郵件|已转发邮件|转发的消息|轉寄訊息"
        "|已轉寄郵件|轉發的郵件|已转发消息|转发消息|转发信息|轉寄信件|轉寄的信件",
    ),
    "ja": Language(
        "のメール|は書きました|さんは書きました|が書きました|が書き込み|は次のように書きました"
        "|のメッセージ|さんのメール|のメール内容|書きました|さんからのメール",
        "差出人|送信者|送信元|発信者",
        "宛先|受信者|送信先|あて先",
        "写し",
        "日時|送信日時|日付|送信日|送信",
        "件名|題名|表題",
        "元のメッセージ|元のメール|元メール|オリジナルメッセージ|元の電子メール|元メッセージ"
        "|オリジナル メッセージ|元のメールメッセージ|引用元",
        "転送メッセージ|転送されたメッセージ|転送メール|転送された電子メール|転送されたメール"
        "|ここから転送|転送元メッセージ",
    ),
    "ko": Language(
        "작성|님이 작성|썼습니다|님이 씀|쓴 글|님의 말|작성함|작성했습니다|님이 보낸 메일"
        "|쓰셨습니다|님의 메시지|보낸 메시지",
        "보낸사람|보낸 사람|보낸이|보낸 이|발신자|발신|발신인",
        "받는사람|받는 사람|받는이|받는 이|수신자|수신|받은 사람|수신인",
        "참조|숨은참조",
        "날짜|보낸날짜|보낸 날짜|보낸시간|보낸 시간|보냄|일시|발송일시|작성일|전송됨|보낸일시",
        "제목",
        "원본 메시지|원본 메일|원본메일|원본 이메일|원본 메세지|원문 메시지|원래 메시지"
        "|원래 메일|원본메시지|원본 편지|원문",
        "전달된 메시지|전달된 메일|전달 메시지|전달된 이메일|전달된 메세지|전달된메시지",
    ),
    "ar": Language(
        "كتب|كتبت|كتبه|كَتَب",
        "من|المرسل",
        "إلى|الى|المستلم",
        "نسخة|نسخة إلى",
        "التاريخ|تاريخ الإرسال|تم الإرسال|أُرسلت|تاريخ|مرسل|أرسلت",
        "الموضوع",
        "الرسالة الأصلية|رسالة أصلية|الرسالة الاصلية|رسالة اصلية",
        "رسالة معاد توجيهها|الرسالة المعاد توجيهها|رسالة مُعاد توجيهها|رسالة محولة"
        "|بدء الرسالة المعاد توجيهها",
    ),
    "fa": Language(
        "نوشت|نوشته است|نوشته",
        "از|فرستنده",
        "به|گیرنده",
        "رونوشت",
        "تاریخ|ارسال شده|زمان",
        "موضوع",
        "پیام اصلی|ایمیل اصلی",
        "پیام بازارسال شده|پیام ارسال شده|پیام هدایت شده|پیام فوروارد شده",
    ),
    "he": Language(
        "כתב|כתבה|כתב/ה|כתב(ה)|מאת",
        "מאת",
        "אל",
        "עותק|העתק",
        "תאריך|נשלח",
        "נושא",
        "הודעה מקורית|ההודעה המקורית",
        "הודעה שהועברה|הודעה מועברת",
    ),
    "id": Language(
        "menulis",
        "dari|pengirim|daripada",
        "kepada|ke|untuk",
        "tembusan|salinan",
        "tanggal|dikirim|terkirim|tarikh|dihantar",
        "subjek|perihal|hal|judul",
        "pesan asli|pesan asal|mesej asal|email asli",
        "pesan terusan|pesan yang diteruskan|mesej dimajukan|pesan diteruskan",
    ),
    "th": Language(
        "เขียนว่า|เขียน|ได้เขียน",
        "จาก|ผู้ส่ง",
        "ถึง|ผู้รับ",
        "สำเนา|สำเนาถึง",
        "วันที่|ส่ง|ส่งเมื่อ",
        "เรื่อง|หัวเรื่อง|หัวข้อ",
        "ข้อความต้นฉบับ|ข้อความเดิม|จดหมายต้นฉบับ|อีเมลต้นฉบับ",
        "ข้อความที่ส่งต่อ|ข้อความส่งต่อ|จดหมายที่ส่งต่อ",
    ),
    "hi": Language(
        "ने लिखा|लिखा",
        "से|प्रेषक",
        "प्रति|को",
        "प्रतिलिपि",
        "दिनांक|भेजा गया",
        "विषय",
        "मूल संदेश",
        "अग्रेषित संदेश",
    ),
}
