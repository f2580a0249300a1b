"""The words of the sandbox's page, in each language of the interface."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "demo": "Demo",
        "crowd_title": "The people of the demonstration",
        "crowd_intro": "They write by themselves on every network, and answer who answers them.",
        "crowd_label": "Busier",
        "pace": "{n} messages a minute · {said} so far",
        "title": "Sandbox",
        "intro": "Play the people who write in. The networks are stand-ins on this machine; the"
        " desk is real.",
        "inbox": "The inbox",
        "script_title": "Let some people write",
        "script_intro": "Eight scripted lines in English, Chinese and Russian, over all"
        " networks, one every few seconds. The last only claims to be from Grace: see it kept"
        " apart.",
        "script_button": "Let them write",
        "story_title": "One person on every channel",
        "story_1": "Write as Grace in the chat, signed in (below, or on its own page), and by"
        " mail, as a genuine sender. In the inbox it is one conversation: both proved who"
        " writes.",
        "story_2": "Write as Grace on the other networks: she is somebody new on each. On the"
        " chat's own page Write to us elsewhere gives a code; say /start and the code on Telegram,"
        " /link and another on Discord, or a code alone in a mail, and she is one person.",
        "story_3": "Answer on each channel, and see each answer arrive here.",
        "story_4": "Change or delete what you wrote: the inbox says so, and the record keeps"
        " every version.",
        "story_5": "Write where others read along, and answer something personal there: you are"
        " led to a private chat.",
        "story_6": "Write once more by mail with the sender forged: it is kept apart.",
        "own_page": "Open its own page",
        "heard": "What reached {who}",
        "say": "Write",
        "change": "Change the last one",
        "delete": "Delete the last one",
        "said": "Said. Look into the inbox.",
        "changed": "Changed. Look into the inbox.",
        "deleted": "Deleted. Look into the inbox.",
        "answered": "The desk answered {status}.",
        "nothing": "Nothing yet.",
        "them": "them",
        "writes": "{number} of {count}: {person} writes…",
        "failed": "{count} could not be said.",
        "done": "All have written. Look into the inbox.",
    },
    "zh": {
        "demo": "演示",
        "crowd_title": "演示中的人们",
        "crowd_intro": "他们会在各个网络上自己写消息，并回应回复他们的人。",
        "crowd_label": "更忙碌",
        "pace": "每分钟 {n} 条 · 已发 {said} 条",
        "title": "沙盒",
        "intro": "在这里扮演来信的人。这些网络只是本机上的替身，客服台是真的。",
        "inbox": "收件箱",
        "script_title": "让几个人来信",
        "script_intro": "八条写好的消息，有英文、中文和俄文，经各个网络每隔几秒发出一条。最后一"
        "条只是自称来自 Grace：请看它被单独放置。",
        "script_button": "让他们写",
        "story_title": "一个人，所有渠道",
        "story_1": "以 Grace 的身份在聊天中写（已登录，在下方或它自己的页面上），再以真实发件人"
        "写邮件。收件箱里是同一个对话：两次都证明了是谁在写。",
        "story_2": "以 Grace 的身份在其他网络上写：她在每个网络上都是新的人。聊天自己的页面上有"
        "“Write to us elsewhere”，它给出一个代码；在 Telegram 写 /start 加代码，在 Discord 写"
        " /link 加另一个代码，或在邮件里只写一个代码，她就成为同一个人。",
        "story_3": "在每个渠道上回复，看每条回复到达这里。",
        "story_4": "修改或删除写过的内容：收件箱会说明，记录保留每个版本。",
        "story_5": "在别人也看得到的地方写，再在那里回复私人内容：您会被引到私聊。",
        "story_6": "再用伪造的发件人写一封邮件：它会被单独放置。",
        "own_page": "打开它自己的页面",
        "heard": "{who} 收到的内容",
        "say": "发送",
        "change": "修改上一条",
        "delete": "删除上一条",
        "said": "已发送。请看收件箱。",
        "changed": "已修改。请看收件箱。",
        "deleted": "已删除。请看收件箱。",
        "answered": "客服台答复 {status}。",
        "nothing": "还没有。",
        "them": "对方",
        "writes": "{count} 条中的第 {number} 条：{person} 正在写…",
        "failed": "有 {count} 条未能发出。",
        "done": "都写完了。请看收件箱。",
    },
    "ru": {
        "demo": "Демо",
        "crowd_title": "Люди демонстрации",
        "crowd_intro": "Они сами пишут во всех сетях и отвечают тем, кто отвечает им.",
        "crowd_label": "Оживлённее",
        "pace": "{n} сообщений в минуту · всего {said}",
        "title": "Песочница",
        "intro": "Побудьте теми, кто пишет. Сети здесь подставные, на этой машине; стол"
        " поддержки настоящий.",
        "inbox": "Входящие",
        "script_title": "Пусть напишут несколько человек",
        "script_intro": "Восемь готовых сообщений на английском, китайском и русском, по всем"
        " сетям, одно в несколько секунд. Последнее лишь выдаёт себя за Грейс: посмотрите, как"
        " его держат отдельно.",
        "script_button": "Пусть пишут",
        "story_title": "Один человек во всех каналах",
        "story_1": "Напишите как Грейс в чате, войдя на сайт (ниже или на его странице), и"
        " письмом от подлинного отправителя. Во входящих это одна беседа: оба раза доказано, кто"
        " пишет.",
        "story_2": "Напишите как Грейс в других сетях: в каждой она кто-то новый. На странице"
        " чата «Write to us elsewhere» даёт код; напишите /start и код в Telegram, /link и другой"
        " код в Discord или один код письмом, и она станет одним человеком.",
        "story_3": "Ответьте в каждом канале и посмотрите, как ответы приходят сюда.",
        "story_4": "Измените или удалите написанное: входящие скажут об этом, а в записях"
        " останется каждая версия.",
        "story_5": "Напишите там, где читают другие, и ответьте там о личном: вас поведут в"
        " личный чат.",
        "story_6": "Напишите ещё раз письмом с подделанным отправителем: оно останется отдельно.",
        "own_page": "Открыть её страницу",
        "heard": "Что пришло: {who}",
        "say": "Написать",
        "change": "Изменить последнее",
        "delete": "Удалить последнее",
        "said": "Сказано. Загляните во входящие.",
        "changed": "Изменено. Загляните во входящие.",
        "deleted": "Удалено. Загляните во входящие.",
        "answered": "Стол ответил {status}.",
        "nothing": "Пока ничего.",
        "them": "собеседник",
        "writes": "{number} из {count}: пишет {person}…",
        "failed": "Не удалось сказать: {count}.",
        "done": "Все написали. Загляните во входящие.",
    },
}
IN_SCRIPT = (
    *("said", "changed", "deleted", "answered", "nothing", "them", "writes", "failed", "done"),
    "pace",
)
"""Those that the page's script says."""
