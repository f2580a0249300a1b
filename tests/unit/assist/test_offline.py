"""The offline classifier: topics, dangers, moods and languages of single messages."""

import json

import pytest
from click.testing import CliRunner

from bench.b19 import labelled, macro_f1
from router.assist.features import keys_of, plain
from router.assist.findings import LONGEST, Example, Findings, Heard
from router.assist.languages import language_of
from router.assist.lexicon import lexicon
from router.assist.offline import OfflineClassifier
from router.assist.ready_topics import danger_examples, ready_tree
from router.cli.triage import triage_command
from router.services.triage.deciding import NO_TOPIC


@pytest.fixture(scope="module")
def classifier() -> OfflineClassifier:
    tree = ready_tree()
    return OfflineClassifier(tree.examples(), tree)


def _look(classifier: OfflineClassifier, text: str) -> Findings:
    return classifier.look(text, Heard())


def test_labelled_sentences_are_no_examples() -> None:
    every = (*ready_tree().examples(), *danger_examples())
    examples = {plain(one.text).strip(" .?!") for one in every}
    assert not [one for one in labelled() if plain(one.text).strip(" .?!") in examples]


def test_labelled_set_has_two_halves_with_every_danger() -> None:
    sentences = labelled()
    assert len(sentences) >= 300
    halves = [[one for one in sentences if one.is_held_out is side] for side in (True, False)]
    assert all(len(half) >= 150 for half in halves)
    assert {one.danger for one in halves[0]} == {one.danger for one in halves[1]}


def test_tuned_half_keeps_the_bars_too(classifier: OfflineClassifier) -> None:
    half = [one for one in labelled() if not one.is_held_out]
    found = [_look(classifier, one.text) for one in half]
    topics = [one.topics[0].topic if one.topics else "other" for one in found]
    assert macro_f1([one.topic for one in half], topics) >= 0.70
    missed = [a.text for a, b in zip(half, found, strict=True) if a.danger and b.danger is None]
    assert len(missed) <= 2, missed


def test_finding_says_which_words_it_rests_on(classifier: OfflineClassifier) -> None:
    [first, *_] = _look(classifier, "my staking interest is missing").topics
    assert first.topic == "earn"
    assert "staking" in [one.word for one in first.words]
    assert 0 < sum(one.weight for one in first.words) <= 1.01


@pytest.mark.parametrize("text", ["", " ", "\n\n", "👍", "\ud800", "a" * 100_000, "https://x.y/z"])
def test_odd_text_is_read_without_a_fault(classifier: OfflineClassifier, text: str) -> None:
    found = _look(classifier, text)
    assert found.danger is None


def test_only_the_beginning_of_a_long_message_is_read(classifier: OfflineClassifier) -> None:
    said = "x " * LONGEST + "my account was hacked"
    assert _look(classifier, said).danger is None


def test_question_about_protection_is_no_danger(classifier: OfflineClassifier) -> None:
    assert _look(classifier, "how do I set an anti-phishing code").danger is None
    assert _look(classifier, "how can I enable 2FA").danger is None


@pytest.mark.parametrize(
    "text",
    [
        *("Somebody around?", "Hi, can somebody help me?", "Is somebody there?"),
        *("when is it going to be done", "My name is Peter", "I have a new phone number"),
        *("Can I get a refund?", "I have a new address", "I was waiting since noon"),
        *("有人在吗？", "我叫王伟", "人呢", "能退款吗", "换了个新地址", "等了好久"),
        *("Кто может мне помочь?", "Меня зовут Ольга", "Есть кто-нибудь?", "Можно возврат?"),
        *("Новый адрес", "Когда будет готово?"),
    ],
)
def test_who_only_begins_to_talk_is_in_no_danger(classifier: OfflineClassifier, text: str) -> None:
    assert _look(classifier, text).danger is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("stolen_account", "is somebody else in my account?"),
        ("stolen_account", "somebody is in my account"),
        ("stolen_account", "somebody is in my account right now"),
        ("stolen_account", "somebody is inside my account"),
        ("stolen_account", "somebody is using my account"),
        ("stolen_account", "withdrawal to a new address I did not add"),
        ("stolen_account", "can somebody help me, I was hacked"),
        ("stolen_account", "my name is Peter and I was hacked"),
        ("stolen_account", "有没有人能帮帮我，我的币被盗了"),
        ("stolen_account", "有人在用我的账户"),
        ("stolen_account", "我叫小李，我的账号被盗了"),
        ("stolen_account", "есть кто-нибудь? меня взломали"),
        ("stolen_account", "кто может помочь, меня взломали"),
        ("stolen_account", "меня зовут Иван, меня взломали"),
        ("stolen_account", "у меня новый адрес вывода, я его не добавлял"),
        ("phishing", "hello, my name is John, I was scammed"),
        ("phishing", "can I have a refund, I was scammed"),
        ("phishing", "可以退款吗，我被骗了"),
        ("phishing", "我被骗了，可以退款吗"),
        ("phishing", "能退款吗？我被骗了"),
        ("phishing", "可以退款吗，我被诈骗了"),
        ("phishing", "меня зовут Ольга, меня обманули"),
        ("phishing", "можно вернуть деньги, меня обманули"),
        ("stolen_account", "I am travelling today and somebody is in my account"),
        ("unknown_login", "travelling, and there is a sign-in from a country I never saw"),
        ("withdrawal_stuck", "when will it be ready, I wait for my withdrawal since noon"),
        ("withdrawal_stuck", "等了好久了，提现没到"),
        ("withdrawal_stuck", "когда будет готов вывод, жду с обеда"),
    ],
)
def test_danger_behind_such_a_beginning_is_found(
    classifier: OfflineClassifier, kind: str, text: str
) -> None:
    found = _look(classifier, text).danger
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        *("I'm gonna kill myself", "i cant do this anymore, i just wanna die"),
        *("You took everything. I'm going to end it tonight, my family will find me",),
        *("thinking of jumping in front of a train because of the margin call",),
        *("my son lost it all and says he will kill himself", "I don't want to wake up tomorrow"),
        *("all my coins are gone, somebody hacked my account, I will hang myself",),
        *("withdrawal stuck for days. if it is not here by noon I commit suicide",),
        *("没有活下去的勇气了", "我要从楼顶跳下去", "钱全没了，我不想活", "我死了算了"),
        *("账户被盗，我要自杀", "今晚就了结自己"),
        *("Я не хочу жить", "лучше умру, чем так жить", "хочу сдохнуть", "сегодня я себя убью"),
        *("аккаунт взломали, всё пропало, я повешусь", "прыгну с моста, если не вернёте"),
    ],
)
def test_who_will_hurt_themselves_is_found_whatever_else_they_say(
    classifier: OfflineClassifier, text: str
) -> None:
    found = _look(classifier, text)
    assert found.danger is not None
    assert (found.danger.kind, found.urgency) == ("self_harm", "urgent")


@pytest.mark.parametrize(
    "text",
    [
        *("this fee is killing me", "I could die laughing", "how to kill an order"),
        *("it is a dead account", "my position got killed", "my position got liquidated"),
        *("the spread killed my trade", "fill or kill order", "I nearly died of boredom waiting"),
        *("10x leverage now is financial suicide", "dead cat bounce, buy?", "your app kills me"),
        *("I shot myself in the foot with that trade", "I cut my losses", "does the bot die?"),
        *("my futures got liquidated", "got rekt again lol", "what is the kill switch"),
        *("笑死我了", "杀跌", "爆仓了", "我又爆仓了，怎么看强平记录", "追涨杀跌", "急死我了"),
        *("这个跳楼价能买吗", "自杀式开仓", "想死你们了", "卡死了", "价格直接跳下去了"),
        *("убить ордер", "я умираю от смеха", "комиссия убивает", "мой депозит убило"),
        *("это мёртвый аккаунт", "рынок умер?", "меня ликвидировали", "повесить ордер"),
        *("I am travelling today", "I'm travelling tomorrow", "我今天在旅行", "я сегодня в дороге"),
    ],
)
def test_what_only_sounds_deadly_is_no_danger(classifier: OfflineClassifier, text: str) -> None:
    assert _look(classifier, text).danger is None


FIGURE_AND_THREAT = [
    *("That was financial suicide, I lost all and now I want to die",),
    *("10x was account suicide. I am going to kill myself",),
    *("shot myself in the foot with that trade, now I will hang myself",),
    *("I cut myself off from my family and I want to die",),
    *("you want to die laughing at me? I will kill myself", "my only way out is suicide tonight"),
    *(
        "这是自杀式开仓，我不想活了",
        "我想死你们满意了吧",
        "我想死你们了解吗",
        "我想死你们了，现在就跳楼",
        "跳楼大不了一死",
        "跳楼价也没人要，我今晚就跳楼",
    ),
    *("это финансовое самоубийство, я не хочу жить", "выпрыгну с девятого этажа"),
    *("I will jump from my balcony", "сброшусь с крыши", "im gonna kms"),
]


@pytest.mark.parametrize("text", FIGURE_AND_THREAT)
def test_figure_of_speech_beside_a_threat_hides_it_from_no_rule(text: str) -> None:
    ruled = lexicon().danger(text)
    assert ruled is not None
    assert ruled[0] == "self_harm"


@pytest.mark.parametrize(
    "text",
    [
        *("do you support AWS KMS for api keys", "price jumped, why did it jump from my entry"),
        *("can I jump from my spot wallet to futures", "do you want to die"),
        *("I want to cut myself off from trading for a month", "scammers deserve to die"),
        *("I could kill myself laughing", "cut myself some slack", "I shot myself in the foot"),
        *("我想死你们了", "真想死你了！", "好久不见，我想死你们了，大家好吗"),
        *(
            "没法活体认证",
            "我的账户没法活跃",
            "不想活动了",
            "我要去死磕这个币",
            "网上吊销执照怎么办",
        ),
        *("давайте сброшусь с вами на комиссию", "выпрыгну с позиции, если цена упадёт"),
    ],
)
def test_everyday_words_of_an_exchange_are_no_life_at_risk(
    classifier: OfflineClassifier, text: str
) -> None:
    found = _look(classifier, text).danger
    assert found is None or found.kind != "self_harm"


def _corrected(*said: Example) -> OfflineClassifier:
    tree = ready_tree()
    return OfflineClassifier([], tree, corrected=said)


@pytest.mark.parametrize("label", ["none", "calm"])
def test_joke_of_one_takes_the_same_words_of_nobody_else(label: str) -> None:
    said = ["I want to die", "我不想活了", "хочу умереть"]
    taught = _corrected(*(Example(text=one, label=label) for one in said))
    for one in said:
        found = _look(taught, one).danger
        assert found is not None
        assert found.kind == "self_harm"


HINT = "You took everything. I am going to end it tonight, my family will find me"


def test_what_agents_say_of_other_dangers_moves_nothing_of_a_life_at_risk() -> None:
    others = [Example(text=one.text, label="none") for one in ready_tree().examples()]
    before, after = (one._grave.share(keys_of(HINT)) for one in (_corrected(), _corrected(*others)))
    assert before == after > 0.5


def test_what_agents_say_of_a_life_at_risk_teaches_it() -> None:
    said = "nothing left here for us in this market, goodbye everybody, we sell and leave"
    heard = "nothing left for us in this market, goodbye, we sell it all and leave"
    taught = [Example(text=said, label="calm")]
    before, after = (
        one._grave.share(keys_of(heard)) for one in (_corrected(), _corrected(*taught))
    )
    assert after < before
    assert _look(_corrected(*taught), said).danger is None


def test_who_says_so_is_of_no_topic_with_words_for_others() -> None:
    tree = ready_tree()
    [said] = [one.examples for one in tree.dangers if one.kind == "self_harm"]
    holding = {one.key for one in tree.topics if set(said) & set(one.examples)}
    assert holding == {NO_TOPIC}


def test_other_examples_make_another_version_and_other_topics() -> None:
    tree = ready_tree()
    taught = [Example(text="my purple token is sad", label="7"), *tree.examples()]
    classifier = OfflineClassifier(taught, tree)
    assert classifier.version != OfflineClassifier(tree.examples(), tree).version
    assert _look(classifier, "a sad purple token").topics[0].topic == "7"


def test_desk_without_examples_finds_no_topics_and_every_danger() -> None:
    classifier = OfflineClassifier([], ready_tree())
    found = _look(classifier, "somebody hacked my account and my coins are gone")
    assert found.topics == ()
    assert found.danger is not None
    assert found.danger.kind == "stolen_account"
    assert found.urgency == "urgent"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("withdraw还在pending", "zh"),
        ("出金できません", "ja"),
        ("출금이 안 돼요", "ko"),
        ("Где мой депозит USDT", "ru"),
        ("де мої гроші, я їх не бачу", "uk"),
        ("where is my deposit", "en"),
        ("no puedo entrar en mi cuenta", "es"),
        ("não consigo sacar da minha conta", "pt"),
        ("0x9f3ab2cd9f3ab2cd9f3ab2cd", None),
    ],
)
def test_language_is_told_by_letters_and_small_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_known_language_counts_where_the_text_says_nothing() -> None:
    assert language_of("USDT", known="tr") == "tr"


def test_command_tells_what_is_found_and_why() -> None:
    said = "ко мне в аккаунт кто-то зашёл с чужого устройства"
    shown = json.loads(CliRunner().invoke(triage_command, ["explain"], input=said).output)
    assert shown["danger"]["kind"] == "unknown_login"
    assert shown["language"] == "ru"
    assert shown["topics"][0]["words"]
    assert shown["classifier"].startswith("offline ")
