"""What clean-tqs makes of records, case by case: the rules of a TCM record in exact outputs."""

from typing import Any

import pytest

from tcmkit.clean_tqs import Cleaner, Settings
from tcmkit.errors import RecordError
from tcmkit.records import Drop, Record
from tcmkit.tables import dimensions, table
from tests.conftest import Run, jsonl


def clean(text: str) -> Record:
    made = Cleaner(Settings())({"text": text})
    assert isinstance(made, list)
    return made[0]


def told(text: str) -> set[tuple[str, str]]:
    """(dimension, quotation), a minus before what is denied and a question mark before what is uncertain."""
    mark = {"present": "", "absent": "-", "uncertain": "?"}
    return {
        (dimension, mark[finding["polarity"]] + finding["text"])
        for dimension, findings in clean(text)["tqs"].items()
        for finding in findings
    }


def removed(text: str) -> list[tuple[str, str]]:
    return [(piece["category"], piece["text"]) for piece in clean(text)["removed"]]


class TestNegation:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("无恶心呕吐", {("chest_abdomen", "-恶心呕吐")}),
            ("无发热、咳嗽", {("cold_heat", "-发热"), ("chest_abdomen", "-咳嗽")}),
            ("否认头痛及耳鸣", {("head_body", "-头痛"), ("ears_eyes", "-耳鸣")}),
            ("无汗", {("sweat", "无汗")}),
            ("不寐", {("sleep", "不寐")}),
            ("口不渴", {("thirst", "口不渴")}),
            ("舌红无苔", {("tongue", "舌红"), ("tongue", "无苔")}),
            ("小便不利", {("stool_urine", "小便不利")}),
            ("无明显诱因出现头晕", {("cause", "无明显诱因"), ("head_body", "头晕")}),
            ("无发热但恶寒", {("cold_heat", "-发热"), ("cold_heat", "恶寒")}),
            ("无痛性血尿", {("stool_urine", "无痛性血尿")}),
            ("肝掌（-）", {("complexion_form", "-肝掌")}),
            ("腹胀不显", {("chest_abdomen", "-腹胀")}),
            ("局部不肿", {("head_body", "-肿")}),
            ("无痰中带血", {("chest_abdomen", "-痰中带血")}),
            ("双下肢无浮肿", {("head_body", "-浮肿")}),
            ("可能有便血", {("stool_urine", "?便血")}),
            ("似有耳鸣", {("ears_eyes", "?耳鸣")}),
        ],
    )
    def test_polarity(self, text: str, expected: set[tuple[str, str]]) -> None:
        assert told(text) == expected

    def test_a_comma_ends_the_denial(self) -> None:
        assert told("无发热，咳嗽") == {("cold_heat", "-发热"), ("chest_abdomen", "咳嗽")}


class TestPhrases:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("纳可", {("diet_taste", "纳可")}),
            ("二便调", {("stool_urine", "二便调")}),
            ("纳寐尚可", {("diet_taste", "纳寐尚可"), ("sleep", "纳寐尚可")}),
            ("精神、食纳可", {("emotion", "精神、食纳可"), ("diet_taste", "精神、食纳可")}),
            ("口干苦", {("thirst", "口干苦"), ("diet_taste", "口干苦")}),
            ("咳中等量黄痰", {("chest_abdomen", "咳中等量黄痰")}),
            ("左侧肢体麻木无力", {("head_body", "左侧肢体麻木无力")}),
            ("双膝、双踝肿痛伴活动受限", {("head_body", "双膝、双踝肿痛"), ("head_body", "活动受限")}),
            ("大便三日未解", {("stool_urine", "大便三日未解")}),
            ("神疲乏力", {("head_body", "神疲乏力")}),
            ("面色苍白无华", {("complexion_form", "面色苍白无华")}),
            ("语声低沉无力", {("listening_smelling", "语声低沉无力")}),
            ("五心烦热，夜间盗汗", {("cold_heat", "五心烦热"), ("sweat", "夜间盗汗")}),
            ("视物模糊，头晕", {("ears_eyes", "视物模糊"), ("head_body", "头晕")}),
            ("呕吐腹泻", {("chest_abdomen", "呕吐腹泻"), ("stool_urine", "呕吐腹泻")}),
            ("肛周肿痛", {("pain", "肛周肿痛")}),
            ("胃脘隐痛", {("chest_abdomen", "胃脘隐痛")}),
        ],
    )
    def test_smallest_phrase_with_a_meaning(self, text: str, expected: set[tuple[str, str]]) -> None:
        assert told(text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("舌淡红，苔白", {("tongue", "舌淡红"), ("tongue", "苔白")}),
            ("舌体胖且边有齿痕", {("tongue", "舌体胖"), ("tongue", "边有齿痕")}),
            ("舌暗，边有瘀点", {("tongue", "舌暗"), ("tongue", "边有瘀点")}),
            ("脉弦滑", {("pulse", "脉弦滑")}),
            ("脉左沉弦，右细", {("pulse", "脉左沉弦"), ("pulse", "右细")}),
            ("舌质：暗红；脉象：沉细", {("tongue", "暗红"), ("pulse", "沉细")}),
            ("舌红薄黄苔", {("tongue", "舌红"), ("tongue", "薄黄苔")}),
        ],
    )
    def test_tongue_and_pulse(self, text: str, expected: set[tuple[str, str]]) -> None:
        assert told(text) == expected

    def test_time_onset_trigger_and_course_are_cause(self) -> None:
        assert told("患者3天前受凉后突发腰痛，休息后缓解") == {
            ("cause", "3天前"),
            ("cause", "受凉后"),
            ("cause", "突发"),
            ("head_body", "腰痛"),
            ("cause", "休息后缓解"),
        }

    def test_worsening_stands_apart_from_the_symptom(self) -> None:
        assert told("气喘明显加重") == {("chest_abdomen", "气喘"), ("cause", "明显加重")}

    def test_properties_belong_to_the_finding_before(self) -> None:
        expected = {("stool_urine", "便血"), ("stool_urine", "量中"), ("stool_urine", "色鲜红")}
        assert told("便血，量中，色鲜红") == expected

    def test_a_topic_waits_for_its_answer(self) -> None:
        assert told("大便：干燥，小便：黄") == {("stool_urine", "干燥"), ("stool_urine", "黄")}


class TestScripts:
    def test_no_punctuation(self) -> None:
        assert told("咳嗽三天痰黄口干舌红苔薄黄脉浮数") == {
            ("chest_abdomen", "咳嗽"),
            ("cause", "三天"),
            ("chest_abdomen", "痰黄"),
            ("thirst", "口干"),
            ("tongue", "舌红"),
            ("tongue", "苔薄黄"),
            ("pulse", "脉浮数"),
        }

    def test_traditional_characters_and_half_width_punctuation(self) -> None:
        case = clean("惡寒無汗,頭痛;脈浮緊")
        assert told("惡寒無汗,頭痛;脈浮緊") == {
            ("cold_heat", "惡寒"),
            ("sweat", "無汗"),
            ("head_body", "頭痛"),
            ("pulse", "脈浮緊"),
        }
        assert "脉象：脈浮緊。" in case["clean_text"]

    def test_line_ends_and_blanks(self) -> None:
        assert ("sleep", "寐差") in told("纳可\n寐差\r\n二便调")
        assert ("sleep", "寐差") in told("纳可 寐差　二便调")


class TestRemoved:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("为求进一步治疗来我院就诊，头痛", [("administrative", "为求进一步治疗来我院就诊")]),
            ("门诊拟“眩晕”收入我科", [("administrative", "门诊拟“眩晕”收入我科")]),
            ("咳嗽，未予重视", [("administrative", "未予重视")]),
            ("查血常规：WBC 12.1×10^9/L，咳嗽", [("instrument_result", "查血常规：WBC 12.1×10^9/L")]),
            ("头颅CT：脑萎缩。头晕", [("instrument_result", "头颅CT：脑萎缩")]),
            ("予头孢呋辛静滴", [("western_treatment", "予头孢呋辛静滴")]),
            ("诊断为“脑梗死”", [("western_diagnosis", "诊断为“脑梗死”")]),
            ("王某某，女，咳嗽", [("identity", "王某某")]),
            ("头痛。请问如何治疗？", [("administrative", "请问如何治疗？")]),
        ],
    )
    def test_categories(self, text: str, expected: list[tuple[str, str]]) -> None:
        assert removed(text) == expected

    def test_cut_around_the_symptom(self) -> None:
        assert removed("血压升高伴头晕") == [("instrument_result", "血压升高")]
        assert told("血压升高伴头晕") == {("head_body", "头晕")}

    def test_a_report_goes_on_until_the_patient_comes_back(self) -> None:
        text = "胸部CT示：右肺结节，大小约5mm，边界清。患者仍有胸闷。"
        assert removed(text) == [("instrument_result", "胸部CT示：右肺结节，大小约5mm，边界清")]
        assert told(text) == {("chest_abdomen", "胸闷")}

    def test_templated_examination(self) -> None:
        text = "头颅大小形态正常，无目窼下陷，颈部对称，腹部膨隆，爪甲色泽红润，双下肢有浮肿，舌红，脉细。"
        assert removed(text) == [
            ("boilerplate", "头颅大小形态正常，无目窼下陷，颈部对称"),
            ("boilerplate", "爪甲色泽红润"),
        ]
        assert {("chest_abdomen", "腹部膨隆"), ("tongue", "舌红"), ("pulse", "脉细")} <= told(text)
        assert any(dimension == "head_body" and "浮肿" in text for dimension, text in told(text))

    def test_tongue_and_pulse_told_twice(self) -> None:
        text = "咳嗽，舌红，苔黄，脉数。气喘，舌红，苔黄，脉数。"
        assert removed(text) == [("duplicate", "舌红，苔黄，脉数")]
        assert len(clean(text)["tqs"]["pulse"]) == 1

    def test_western_drugs_are_not_lost(self) -> None:
        case = clean("口服华法林治疗，心悸")
        assert [drug["text"] for drug in case["medications"]] == ["华法林"]
        assert "medications" not in clean("阿司匹林过敏")

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("术后便秘", "便秘"),
            ("化疗后恶心呕吐", "恶心呕吐"),
            ("胃镜检查后腹痛", "腹痛"),
            ("服用抗生素后腹泻", "腹泻"),
            ("大便色黑如柏油", "大便色黑如柏油"),
            ("脉搏细数", "脉搏细数"),
            ("患者拒绝进食", "拒绝进食"),
            ("头孢过敏", "头孢过敏"),
            ("体温39.2℃", "体温39.2℃"),
        ],
    )
    def test_what_only_looks_western_stays(self, text: str, kept: str) -> None:
        assert kept in {finding.lstrip("-?") for _, finding in told(text)}

    def test_false_friends_of_the_table(self) -> None:
        silent = {"T恤、P字裤", "钾盐、钠盐饮食", "华法林服用中"}
        for row in table("western_noise")["false_friends"]:
            if row["text"] not in silent:
                assert clean(row["text"])["tqs"], row["text"]


class TestStated:
    @pytest.mark.parametrize(
        ("text", "kind", "label"),
        [
            ("头晕，证属肝阳上亢", "syndrome", "证属肝阳上亢"),
            ("头晕。辨证：肝肾阴虚。", "syndrome", "肝肾阴虚"),
            ("头晕。中医诊断：眩晕。", "disease", "眩晕"),
            ("头晕，治以平肝潜阳", "treatment", "治以平肝潜阳"),
        ],
    )
    def test_labels_are_taken_out(self, text: str, kind: str, label: str) -> None:
        case = clean(text)
        assert [(piece["kind"], piece["text"]) for piece in case["stated"]] == [(kind, label)]
        assert label not in case["clean_text"]
        assert told(text) == {("head_body", "头晕")}

    def test_interpretation_is_no_finding(self) -> None:
        assert told("脉滑数，考虑湿热") == {("pulse", "脉滑数")}
        assert told("气血两虚，心脾失养") == set()

    def test_a_diagnosis_in_the_middle_does_not_swallow_the_record(self) -> None:
        assert ("head_body", "头晕频作") in told("外院诊断：脑梗死，予住院治疗，3天前患者头晕频作")


class TestHistory:
    def test_section(self) -> None:
        text = "主诉：头晕3天。\n既往史：高血压病史5年，否认糖尿病、肝炎病史。\n舌红，脉弦。"
        assert {
            ("history", "高血压病史5年"),
            ("history", "-糖尿病"),
            ("history", "-肝炎病史"),
            ("pulse", "脉弦"),
        } <= told(text)

    def test_chinese_treatment_before(self) -> None:
        assert told("曾服逍遥丸，胁痛") == {("history", "曾服逍遥丸"), ("chest_abdomen", "胁痛")}


NO_TEXT = "none of text, chief_complaint, description, detection; name yours with  tcm ingest --map text=FIELD"


class TestRecord:
    def test_shape(self) -> None:
        case = clean("头痛，无汗")
        assert list(case) == ["text", "id", "tqs", "removed", "clean_text", "missing"]
        assert case["missing"] == [d for d in dimensions() if d not in {"head_body", "sweat"}]
        assert case["tqs"]["head_body"] == [{"text": "头痛", "start": 0, "end": 2, "polarity": "present"}]

    def test_clean_text_reads_like_a_record(self) -> None:
        text = "患者3天前受凉后咳嗽，痰黄，无发热，为求治疗来我院就诊。纳可，舌红，苔黄，脉数。"
        assert clean(text)["clean_text"] == (
            "主诉：咳嗽，痰黄。\n病因病程：3天前，受凉后。\n寒热：无发热。\n胸腹：咳嗽，痰黄。\n"
            "饮食口味：纳可。\n舌象：舌红，苔黄。\n脉象：脉数。"
        )

    def test_visits(self) -> None:
        text = "初诊：2020年3月1日。咳嗽，痰黄。\n二诊：咳嗽减轻，痰少。"
        case = clean(text)
        assert [visit["label"] for visit in case["visits"]] == ["初诊", "二诊"]
        assert text[case["visits"][1]["start"] : case["visits"][1]["end"]] == "二诊：咳嗽减轻，痰少。"

    def test_id_and_unknown_fields_stay(self) -> None:
        made = Cleaner(Settings())({"id": 7, "text": "头痛", "extra": [1]})
        assert isinstance(made, list)
        assert made[0]["id"] == 7
        assert made[0]["extra"] == [1]

    @pytest.mark.parametrize("story", ["description", "medical_history"])
    def test_tcm_sd(self, story: str) -> None:
        record = {
            "user_id": "1",
            "chief_complaint": "头晕3天。",
            story: "患者头晕，纳差。",
            "detection": "神清，舌红，脉弦。",
            "norm_syndrome": "某证",
        }
        made = Cleaner(Settings())(record)
        assert isinstance(made, list)
        case = made[0]
        assert case["text"] == "头晕3天。\n患者头晕，纳差。\n神清，舌红，脉弦。"
        assert case["norm_syndrome"] == "某证"
        assert case["tqs"]["pulse"][0]["text"] == "脉弦"

    @pytest.mark.parametrize(
        ("record", "reason", "detail"),
        [
            ({}, "no_text", NO_TEXT),
            ({"text": 3}, "bad_field", "text"),
            ({"detection": 3}, "bad_field", "detection"),
        ],
    )
    def test_unusable(self, record: dict[str, Any], reason: str, detail: str) -> None:
        with pytest.raises(RecordError) as error:
            Cleaner(Settings())(record)
        assert (error.value.reason, error.value.detail) == (reason, detail)


class TestDocuments:
    HERBAL = "防风味辛甘，性微温。主治外感头痛，身痛，风湿痹痛。凡血虚发痉者忌之。"
    CASE_BOOK = "周左 风寒外束，咳嗽气急，形寒怯冷，苔薄白，脉浮滑。拟辛温疏解。"

    def document(self, text: str) -> Record:
        return {"id": "a", "text": text, "source": {"path": "x"}, "meta": {"encoding": "gb18030"}}

    def test_a_line_of_json_is_a_record_whatever_it_says(self) -> None:
        line = {"id": "a", "text": "恶寒，无汗。", "source": {"path": "x.jsonl"}, "meta": {"department": {}}}
        made = Cleaner(Settings(only_records=True))(line)
        assert isinstance(made, list)
        assert made[0]["tqs"]["cold_heat"][0]["text"] == "恶寒"

    def test_a_herbal_passes_through_unchanged(self) -> None:
        document = self.document(self.HERBAL)
        assert Cleaner(Settings())(document) == [document]
        assert Cleaner(Settings(only_records=True))(document) == Drop("not_a_record")

    def test_a_case_book_is_a_record(self) -> None:
        made = Cleaner(Settings())(self.document(self.CASE_BOOK))
        assert isinstance(made, list)
        assert made[0]["tqs"]["pulse"][0]["text"] == "脉浮滑"

    def test_plain_text_is_always_a_record(self) -> None:
        assert "tqs" in clean(self.HERBAL)


class TestEdges:
    def test_an_interpretation_in_brackets_is_no_pulse(self) -> None:
        case = clean("左手脉弦细（提示肝郁血虚），右手脉虚濡。")
        assert [finding["text"] for finding in case["tqs"]["pulse"]] == ["左手脉弦细", "右手脉虚濡"]
        assert [said["text"] for said in case["stated"]] == ["提示肝郁血虚"]

    def test_a_clause_of_interpretation_is_no_finding(self) -> None:
        case = clean("腹胀便秘，提示脾胃实热或积滞。")
        assert "cold_heat" not in case["tqs"]
        assert case["stated"][0]["text"] == "提示脾胃实热或积滞"

    def test_a_bracket_without_its_partner_is_left_out(self) -> None:
        case = clean("大便含不消化食物（完谷不化）。")
        assert all("）" not in finding["text"] for finding in case["tqs"]["stool_urine"])

    def test_half_a_word_is_no_finding(self) -> None:
        case = clean("腰痛，左下肢放射痛。")
        assert all(finding["text"] != "痛" for findings in case["tqs"].values() for finding in findings)

    def test_seeing_red_spots_is_no_bleeding(self) -> None:
        assert "women" not in clean("四肢皮肤见红斑丘疹。")["tqs"]


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("腰痛三天，无外伤。", "absent"),
        ("腰痛三天，没有受过外伤。", "absent"),
        ("腰痛三天，否认外伤。", "absent"),
        ("腰痛三天，外伤后加重。", "present"),
        ("外伤后腰痛三天。", "present"),
    ],
)
def test_a_denied_cause_is_denied(text: str, polarity: str) -> None:
    [record] = Cleaner(Settings())({"text": text})
    found = [one["polarity"] for ones in record["tqs"].values() for one in ones if "外伤" in one["text"]]
    assert found == [polarity]


def test_an_unknown_trigger_is_no_denial() -> None:
    [record] = Cleaner(Settings())({"text": "无明显诱因出现腰痛。"})
    assert [one["polarity"] for one in record["tqs"]["cause"]] == ["present"]


def test_a_line_without_words_is_rejected_and_told_what_to_name(tcm: Run) -> None:
    ended = tcm("clean-tqs", stdin=jsonl([{"text": ""}, {"text": " "}, {"病历": "头痛"}, {"chief_complaint": ""}]))
    assert ended.status == 3
    assert ended.messages[:4] == [f"tcm clean-tqs: stdin:{line}: no_text ({NO_TEXT})" for line in (1, 2, 3, 4)]
