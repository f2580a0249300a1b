"""What the line scanner leaves of a text; whole mails are among the samples."""

import pytest

from connectors.email.reply_text.quoting import reply_of

CUT = {
    "gmail en": "Yes.\n\nOn Mon, Jan 5, 2026 at 3:04 PM A B <a@b.example> wrote:\n> old",
    "gmail en wrapped": "Yes.\n\nOn Mon, Jan 5, 2026 at 3:04 PM A B\n<a@b.example> wrote:\n\n> old",
    "gmail es": "Yes.\n\nEl lun, 5 ene 2026 a las 15:04, A B (<a@b.example>) escribió:\n\n> old",
    "gmail pt": "Yes.\n\nA B <a@b.example> escreveu em seg., 5 de jan. de 2026 às 15:04:\n\n> old",
    "gmail de": "Yes.\n\nAm Mo., 5. Jan. 2026 um 15:04 Uhr schrieb A B <a@b.example>:\n\n> old",
    "gmail it": "Yes.\n\nIl giorno lun 5 gen 2026 alle ore 15:04 A <a@b.example> ha scritto:\n> o",
    "gmail nl": "Yes.\n\nOp ma 5 jan 2026 om 15:04 schreef A B <a@b.example>:\n\n> old",
    "gmail pl": "Yes.\n\npon., 5 sty 2026 o 15:04 A B <a@b.example> napisał(a):\n\n> old",
    "gmail tr": "Yes.\n\nA B <a@b.example>, 5 Oca 2026 Pzt, 15:04 tarihinde şunu yazdı:\n\n> old",
    "gmail ja": "Yes.\n\n2026年1月5日(月) 15:04 A B <a@b.example>:\n\n> old",
    "gmail ko": "Yes.\n\n2026년 1월 5일 (월) 오후 3:04, A B <a@b.example>님이 작성:\n\n> old",
    "gmail vi": "Yes.\n\nVào Th 2, 5 thg 1, 2026 vào lúc 15:04 A B <a@b.example> đã viết:\n\n> old",
    "gmail zh-TW": "Yes.\n\nA B <a@b.example> 於 2026年1月5日 週一 下午3:04寫道：\n\n> old",
    "mail.ru": "Yes.\n\n>Понедельник, 5 января 2026, 15:04 +03:00 от A <a@b.example>:\n>\n>old",
    "thunderbird": "Yes.\n\nOn 1/5/26 15:04, A B wrote:\n> old",
    "outlook en": "Yes.\n\nFrom: A B <a@b.example>\nSent: Monday\nTo: C\nSubject: s\n\nold",
    "outlook rule": "Yes.\n\n____________________\nFrom: A <a@b.example>\nSent: M\nTo: C\n\no",
    "outlook ru": "Yes.\n\nОт: A <a@b.example>\nОтправлено: 5 января\nКому: C\nТема: s\n\nold",
    "outlook fr": "Yes.\n\nDe : A <a@b.example>\nEnvoyé : lundi\nÀ : C\nObjet : s\n\nold",
    "163": "Yes.\n\n---- 回复的原邮件 ----\n发件人 A",
    "foxmail": "Yes.\n\n发件人： A\n发送时间： 2026-01-05\n收件人： C <c@d.example>\n主题： s\n\no",
    "naver": "Yes.\n\n-----Original Message-----\nFrom: A",
    "phone": "Yes.\n\nSent from my iPhone",
}
KEPT = {
    "a transfer": "From: 0x12ab\nTo: 0x99ee\nAmount: 3 ETH",
    "a transfer with an address": "From: a@b.example\nTo: 0x99ee\nAmount: 3 ETH\nHelp",
    "all quoted": "> a\n> b",
    "answers between": "On 1/5/26 15:04, A B wrote:\n> size?\n42\n> colour?\nblue",
    "a sentence with a colon": "I wrote to a@b.example and this is what I want:\n- money",
    "a date with a colon": "My order of 2026-01-05:\n- socks",
    "dashes": "---\nnot a message\n---",
    "greater than": "Is 3 > 2?\nYes.",
}


@pytest.mark.parametrize("form", CUT)
def test_history_is_cut(form: str) -> None:
    assert reply_of(CUT[form]) == "Yes."


@pytest.mark.parametrize("form", KEPT)
def test_what_was_written_now_is_kept(form: str) -> None:
    assert reply_of(KEPT[form]) == KEPT[form]
