// Emoji by their names in the three languages. A chunk of its own.
const LINES = `😀 grinning 笑脸 улыбка
😂 joy laugh 笑哭 смех
😊 smile blush 微笑 улыбаюсь
😉 wink 眨眼 подмигивание
😍 love eyes 喜欢 влюблён
🙂 slight smile 浅笑 лёгкая улыбка
😅 sweat smile 尴尬 неловко
😢 cry sad 哭 грусть плачу
😭 sob 大哭 рыдаю
😡 angry 生气 злость
😮 wow surprised 惊讶 удивление
🤔 thinking 思考 думаю
😴 sleep 睡觉 сплю
😎 cool 酷 круто
🤝 handshake deal 握手 рукопожатие
👍 thumbs up yes 赞 好 лайк да
👎 thumbs down no 踩 差 дизлайк нет
👌 ok 好的 ок
👏 clap 鼓掌 аплодисменты
🙏 please thanks pray 谢谢 拜托 спасибо пожалуйста
👋 wave hello bye 你好 再见 привет пока
💪 strong 加油 сила
✌️ peace victory 胜利 мир победа
🤞 fingers crossed luck 好运 удача
❤️ heart love 爱心 сердце
💔 broken heart 心碎 разбитое сердце
🎉 party congratulations 庆祝 恭喜 праздник поздравляю
🎁 gift 礼物 подарок
🔥 fire hot 火 огонь
⭐ star 星 звезда
✨ sparkles 闪亮 блеск
✅ check done 完成 对勾 готово галочка
❌ cross wrong 错误 叉 ошибка крест
⚠️ warning 警告 внимание предупреждение
❗ exclamation important 感叹 重要 важно
❓ question 问题 вопрос
💡 idea 主意 идея
📌 pin 图钉 закрепить
📎 paperclip file 附件 скрепка файл
📧 mail email 邮件 почта
📞 phone call 电话 телефон звонок
📱 mobile 手机 мобильный
💻 computer laptop 电脑 компьютер
🔑 key 钥匙 ключ
🔒 lock 锁 замок
🔓 unlock 解锁 открыто
🛡️ shield security 安全 щит безопасность
💰 money bag 钱 деньги
💳 card 银行卡 карта
💸 withdrawal money flies 提现 вывод
📈 chart up growth 上涨 рост
📉 chart down fall 下跌 падение
🏦 bank 银行 банк
🪙 coin 硬币 монета
⏰ alarm clock time 闹钟 будильник время
⏳ wait hourglass 等待 подождите часы
📅 calendar date 日历 календарь дата
🚀 rocket fast 火箭 ракета
🐛 bug 虫子 баг
🔧 wrench fix 修理 ремонт
🔄 refresh 刷新 обновить
➡️ right arrow 右 вправо
⬅️ left arrow 左 влево
⬆️ up arrow 上 вверх
⬇️ down arrow 下 вниз
🌍 world 世界 мир земля
☀️ sun 太阳 солнце
🌧️ rain 下雨 дождь
☕ coffee 咖啡 кофе
🍀 luck clover 幸运 клевер`;

export type Emoji = { sign: string; names: string };

export const EMOJI: readonly Emoji[] = LINES.split("\n").map((line) => {
  const gap = line.indexOf(" ");
  return { sign: line.slice(0, gap), names: line.slice(gap + 1) };
});
