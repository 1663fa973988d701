"""/v2/personas, /v2/pals, /v2/replicas and /v2/faces, as the contract says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach_desktop.tavus.models import Persona, PersonaList, Replica, ReplicaList
from tests.practice.client import Api

COACH = {"system_prompt": "You are a coach.", "persona_name": "Coach"}
STOCK_PERSONAS = [
    "pchuck0local", "pcb7a34da5fe", "p1af207b8189", "paaee96e4f87", "pdac61133ac5", "pb87e71797da", "pdced222244b",
    "p48fdf065d6b", "p9a95912", "p5317866", "pipecat-stream", "pipecat0", "p192574ecb04", "p1b06420cfdc", "p24293d6",
    "p2fbd605", "p3bb4745d4f9", "pc55154f229a", "pd43ffef", "pe13ed370726", "pfb078329b77",
]  # fmt: skip
STOCK_REPLICAS = [
    "rchuck0local", "r90bbd427f71", "r5dc7c7d0bcb", "r874cc5f8a3b", "rc9cff32ceba", "rb32069a3012", "r3f4182ef554",
    "rc8992fe8e8e", "rbb3ca3630f7", "rf90eb925bd8", "rcc28da86847", "r4067604db72", "rf4e9d9790f0", "r4f5b5ef55c8",
    "rfe12d8b9597", "r79e1c033f", "r783537ef5", "r1af76e94d00", "r291e545fd67", "r3f427f43c9d", "r4317e64d25a",
    "r62baeccd777", "r6ae5b6efc9d", "r92debe21318", "r9fa0878977a", "raa1d440ec4a", "rb17cf590e15", "rc39f215e8cb",
    "rca8a38779a8", "rdd4c86e5e1a", "re8e740a42", "rf4703150052",
]  # fmt: skip


def made(api: Api, path: str = "/personas", **fields: Any) -> dict[str, Any]:
    answer = api.post(path, json=COACH | fields)
    assert answer.status_code == 200, answer.text
    persona: dict[str, Any] = answer.json()
    return persona


@pytest.mark.parametrize("persona_id", STOCK_PERSONAS)
def test_stock_personas_are_there_and_can_be_talked_to(shared_api: Api, persona_id: str) -> None:
    assert shared_api.get(f"/personas/{persona_id}").json()["persona_type"] == "system"
    assert shared_api.get(f"/pals/{persona_id}/", params={"include_settings": "false"}).json()["pal_id"] == persona_id
    assert shared_api.post("/conversations", json={"persona_id": persona_id, "test_mode": True}).status_code == 200


@pytest.mark.parametrize("replica_id", STOCK_REPLICAS)
def test_stock_replicas_are_there(shared_api: Api, replica_id: str) -> None:
    replica = shared_api.get(f"/replicas/{replica_id}", params={"verbose": "true"}).json()
    assert (replica["status"], replica["replica_type"], replica["training_progress"]) == (
        "completed",
        "system",
        "100/100",
    )
    face = shared_api.get(f"/faces/{replica_id}").json()
    assert face["face_id"] == replica_id
    assert (face["default_voice_id"], face["original_voice_id"]) == (None, None)
    assert "face_type" not in face


def test_our_own_persona_is_a_public_speaking_coach(shared_api: Api) -> None:
    chuck = Persona.model_validate(shared_api.get("/personas/pchuck0local").json())
    assert (chuck.persona_name, chuck.default_replica_id) == ("Chuck", "rchuck0local")
    assert "public speaking" in (chuck.system_prompt or "")


def test_replicas_are_filtered_and_paged(shared_api: Api) -> None:
    def ids(path: str, **query: Any) -> list[str]:
        answer = ReplicaList.model_validate(shared_api.get(path, params={"limit": 50} | query).json())
        assert answer.total_count is not None
        return [replica.replica_id for replica in answer.data]

    assert sorted(ids("/replicas")) == sorted(STOCK_REPLICAS)
    assert ids("/faces", face_type="user") == []
    assert len(ids("/faces", face_type="system", limit=3)) == 3
    assert ids("/replicas", replica_ids="r90bbd427f71, rb32069a3012") == ["r90bbd427f71", "rb32069a3012"]
    assert ids("/faces", face_ids="nobody") == []
    assert ids("/faces", model_name="drawn") == ["rchuck0local"]


@pytest.mark.parametrize("path", ["/replicas", "/faces"])
def test_an_unknown_replica_is_refused(shared_api: Api, path: str) -> None:
    answer = shared_api.get(f"{path}/r0")
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid replica_id"})
    assert Replica.model_validate(shared_api.get(f"{path}/r90bbd427f71").json()).model_name == "phoenix-4"


def test_a_persona_is_one_thing_under_two_names(api: Api) -> None:
    persona = made(api, default_replica_id="r874cc5f8a3b")
    pal = api.get(f"/pals/{persona['persona_id']}").json()
    assert pal["pal_id"] == persona["persona_id"]
    assert (pal["pal_name"], pal["pal_type"], pal["default_face_id"]) == ("Coach", "user", "r874cc5f8a3b")
    assert (pal["document_ids"], pal["document_tags"]) == ([], [])
    assert not set(pal) & {"persona_id", "persona_name", "persona_type", "default_replica_id"}
    newer = made(
        api, "/pals", pal_name="New", default_face_id="r90bbd427f71", layers={"llm": {"model": "tavus-gemma-4"}}
    )
    older = api.get(f"/personas/{newer['pal_id']}").json()
    assert (older["persona_name"], older["layers"]) == ("New", {"llm": {"model": "tavus-gemma-4"}})
    assert Persona.model_validate(older) == Persona.model_validate(api.get(f"/pals/{newer['pal_id']}").json())


def test_personas_are_listed_by_kind(api: Api) -> None:
    assert api.get("/pals", params={"pal_type": "user"}).json() == {"data": [], "total_count": 0}
    mine = [made(api)["persona_id"] for _ in range(3)]
    listed = PersonaList.model_validate(api.get("/pals", params={"limit": 2, "page": 0, "pal_type": "user"}).json())
    assert [persona.persona_id for persona in listed.data] == mine[:0:-1]
    assert listed.total_count == 3
    assert api.get("/personas", params={"persona_type": "system"}).json()["total_count"] == len(STOCK_PERSONAS)
    assert api.get("/personas", params={"limit": 100}).json()["total_count"] == len(STOCK_PERSONAS) + 3
    assert api.get("/personas", params={"persona_type": "odd"}).status_code == 400


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Invalid request: system_prompt is required"),
        ({"system_prompt": " "}, "Invalid request: system_prompt is required"),
        ({"system_prompt": 1}, "Invalid request: system_prompt"),
        ({"pipeline_mode": "other", "system_prompt": "x"}, "Invalid request: pipeline_mode"),
        ({"system_prompt": "x", "default_replica_id": "p5317866"}, "Invalid replica_uuid"),
        ({"system_prompt": "x", "layers": []}, "Invalid request: layers"),
        ({"system_prompt": "x", "layers": {"llm": 1}}, "Invalid request: layers.llm"),
        ({"system_prompt": "x", "tool_ids": ["t"] * 51}, "Invalid request: tool_ids"),
        ([], "Invalid request: the body must be"),
    ],
)
def test_a_wrong_persona_is_refused(shared_api: Api, body: Any, error: str) -> None:
    answer = shared_api.post("/pals", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)


@pytest.mark.parametrize("mode", ["echo", "speech-to-speech"])
def test_other_pipelines_need_no_prompt(api: Api, mode: str) -> None:
    persona = api.post("/pals", json={"pipeline_mode": mode, "pal_name": "Echo"}).json()
    answer = api.post("/conversations", json={"pal_id": persona["pal_id"]})
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid replica_uuid"})
    cast = {"pal_id": persona["pal_id"], "face_id": "r90bbd427f71", "test_mode": True}
    assert api.post("/conversations", json=cast).status_code == 200


@pytest.mark.parametrize("pipeline", [{"pipeline_mode": "echo"}, {}])
def test_one_for_livekit_needs_no_prompt(api: Api, pipeline: dict[str, str]) -> None:
    transport = {"layers": {"transport": {"transport_type": "livekit"}}}
    pal = api.post("/pals", json={"pal_name": "lk", "default_face_id": "r4067604db72"} | transport | pipeline).json()
    room = {"livekit_ws_url": "wss://room.example", "livekit_room_token": "marked"}
    answer = api.post("/conversations", json={"pal_id": pal["pal_id"], "properties": room, "test_mode": True})
    assert (answer.status_code, answer.json()["face_id"]) == (200, "r4067604db72")
    stock = api.get("/pals/pb87e71797da").json()
    assert (stock["pipeline_mode"], stock["layers"]) == ("echo", transport["layers"])


def test_perception_is_there_to_be_added_to(api: Api) -> None:
    persona_id = made(api)["persona_id"]
    queries = {"op": "add", "path": "/layers/perception/visual_awareness_queries", "value": ["Away?"]}
    for path in (f"/pals/{persona_id}", f"/personas/{made(api, layers={'perception': None})['persona_id']}"):
        patch = [{"op": "replace", "path": "/system_prompt", "value": "New"}, queries]
        changed = api.call("PATCH", path, json=patch)
        assert (changed.status_code, changed.json()["layers"]) == (
            200,
            {"perception": {"visual_awareness_queries": ["Away?"]}},
        )


def test_the_documented_patch_fits_a_persona_that_has_only_a_prompt(api: Api) -> None:
    patch = [
        {"op": "replace", "path": "/persona_name", "value": "Wellness Advisor"},
        {"op": "replace", "path": "/default_replica_id", "value": "r79e1c033f"},
        {"op": "replace", "path": "/context", "value": "Here are a few times ..."},
        {"op": "replace", "path": "/layers/llm/model", "value": "tavus-gpt-4o"},
        {"op": "replace", "path": "/layers/tts/tts_engine", "value": "cartesia"},
        {"op": "add", "path": "/layers/tts/tts_emotion_control", "value": "true"},
        {"op": "remove", "path": "/layers/stt/hotwords"},
        {"op": "replace", "path": "/layers/perception/perception_tool_prompt", "value": "Use tools."},
        {"op": "add", "path": "/layers/perception/visual_awareness_queries/-", "value": "Away?"},
        {"op": "add", "path": "/layers/llm/headers/X-Own", "value": "1"},
    ]
    changed = api.call("PATCH", f"/personas/{made(api)['persona_id']}", json=patch)
    assert (changed.status_code, changed.json()["layers"]) == (
        200,
        {
            "llm": {"model": "tavus-gpt-4o", "headers": {"X-Own": "1"}},
            "tts": {"tts_engine": "cartesia", "tts_emotion_control": "true"},
            "perception": {"perception_tool_prompt": "Use tools.", "visual_awareness_queries": ["Away?"]},
        },
    )


@pytest.mark.parametrize("layers", [{}, {"stt": None}])
def test_a_layer_may_be_made_before_it_is_filled(api: Api, layers: dict[str, None]) -> None:
    path = f"/pals/{made(api, layers=layers)['persona_id']}"
    for step, stt in (
        ({"op": "add", "path": "/layers/stt", "value": {}}, {}),
        ({"op": "add", "path": "/layers/stt/hotwords", "value": "Chuck"}, {"hotwords": "Chuck"}),
        ({"op": "remove", "path": "/layers/stt/hotwords"}, {}),
    ):
        changed = api.call("PATCH", path, json=[step])
        assert (changed.status_code, changed.json()["layers"]) == (200, {"stt": stt})


def test_patches_under_both_names(api: Api) -> None:
    persona_id = made(api)["persona_id"]
    patch = [
        {"op": "test", "path": "/persona_id", "value": persona_id},
        {"op": "replace", "path": "/persona_name", "value": "Second"},
        {"op": "replace", "path": "/document_ids", "value": ["d1"]},
        {"op": "add", "path": "/layers/perception", "value": {"perception_model": "raven-1"}},
        {"op": "add", "path": "/layers/perception/visual_awareness_queries", "value": ["Away?"]},
        {"op": "copy", "from": "/document_ids", "path": "/document_tags"},
    ]
    changed = api.call("PATCH", f"/personas/{persona_id}", json=patch)
    assert changed.status_code == 200
    pal = api.call(
        "PATCH", f"/pals/{persona_id}/", json=[{"op": "replace", "path": "/pal_name", "value": "Third"}]
    ).json()
    assert (pal["pal_name"], pal["document_ids"], pal["document_tags"]) == ("Third", ["d1"], ["d1"])
    assert pal["layers"]["perception"]["visual_awareness_queries"] == ["Away?"]
    assert pal["updated_at"] > pal["created_at"]
    removed = api.call("PATCH", f"/pals/{persona_id}", json=[{"op": "remove", "path": "/document_ids"}]).json()
    assert removed["document_ids"] == []


READ_ONLY = {"error": "Invalid request: persona_id cannot be changed"}
NOT_AN_OBJECT = {"error": "Invalid request: the body must be a JSON object"}


@pytest.mark.parametrize(
    ("patch", "status", "body"),
    [
        ([], 304, None),
        ([{"op": "replace", "path": "/persona_name", "value": "Coach"}], 304, None),
        ([{"op": "add", "path": "/unknown", "value": 1}], 304, None),
        ({"op": "remove"}, 422, {"message": "Invalid JSON patch format"}),
        ("text", 422, {"message": "Invalid JSON patch format"}),
        ([{"op": "replace", "path": "/nothing", "value": 1}], 422, {"message": "Invalid JSON patch format"}),
        ([{"op": "remove", "path": "/layers/stt/hotwords"}], 304, None),
        ([{"op": "remove", "path": "/layers/stt"}], 422, {"message": "Invalid JSON patch format"}),
        ([{"op": "test", "path": "/layers/stt", "value": None}], 422, {"message": "Invalid JSON patch format"}),
        ([{"op": "add", "path": "/layers/other/x", "value": 1}], 422, {"message": "Invalid JSON patch format"}),
        ([{"op": "add", "path": "/layers/llm/a/b/c", "value": 1}], 422, {"message": "Invalid JSON patch format"}),
        ([{"op": "replace", "path": "/layers/stt", "value": "x"}], 400,
         {"error": "Invalid request: layers.stt: Input should be a valid dictionary"}),
        ([{"op": "test", "path": "/persona_name", "value": "?"}], 422, {"message": "Invalid JSON patch format"}),
        ([{"op": "replace", "path": "/pal_name", "value": "?"}], 422, {"message": "Invalid JSON patch format"}),
        ([{"op": "replace", "path": "/persona_id", "value": "p1"}], 400, READ_ONLY),
        ([{"op": "replace", "path": "", "value": []}], 400, NOT_AN_OBJECT),
        ([{"op": "replace", "path": "/default_replica_id", "value": "r0"}], 400, {"error": "Invalid replica_uuid"}),
        ([{"op": "remove", "path": "/system_prompt"}], 400,
         {"error": "Invalid request: system_prompt is required when pipeline_mode is full"}),
    ],
)  # fmt: skip
def test_patches_that_change_nothing_or_cannot_be(shared_api: Api, patch: Any, status: int, body: Any) -> None:
    before = made(shared_api)
    answer = shared_api.call("PATCH", f"/personas/{before['persona_id']}", json=patch)
    assert answer.status_code == status
    assert answer.content == b"" if body is None else answer.json() == body
    assert shared_api.get(f"/personas/{before['persona_id']}").json() == before


@pytest.mark.parametrize("persona_id", ["p0", "pcb7a34da5fe", "pchuck0local"])
@pytest.mark.parametrize("path", ["/personas", "/pals"])
def test_unknown_and_stock_personas_cannot_be_changed(shared_api: Api, path: str, persona_id: str) -> None:
    for method in ("PATCH", "DELETE"):
        answer = shared_api.call(method, f"{path}/{persona_id}", json=[] if method == "PATCH" else None)
        assert (answer.status_code, answer.json()) == (400, {"error": "Invalid persona_id"})


def test_a_deleted_persona_is_gone(api: Api) -> None:
    persona_id = made(api)["persona_id"]
    answer = api.call("DELETE", f"/pals/{persona_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(f"/pals/{persona_id}").json() == {"error": "Invalid persona_id"}
    assert api.call("DELETE", f"/personas/{persona_id}").status_code == 400


def test_what_the_official_client_asks_for_besides_is_empty(shared_api: Api) -> None:
    for path in (
        "/pronunciation-dictionaries",
        "/voices",
        "/guardrails",
        "/objectives",
        "/tools",
        "/skills",
        "/deployments",
    ):
        assert shared_api.get(path, params={"limit": 25, "page": 0, "sort": "desc"}).json() == {
            "data": [],
            "total_count": 0,
        }
    assert shared_api.get("/pals/pchuck0local/skills/").json() == {"data": [], "total_count": 0}
    assert shared_api.get("/pals/pchuck0local/other").status_code == 404


PATHS = st.sampled_from(
    [
        "",
        "/pal_name",
        "/system_prompt",
        "/layers",
        "/layers/llm",
        "/layers/llm/model",
        "/document_ids",
        "/document_ids/-",
        "/pal_id",
    ]
)
VALUES: st.SearchStrategy[Any] = (
    st.none() | st.integers() | st.text(max_size=10) | st.just({}) | st.lists(st.text(max_size=3), max_size=2)
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "copy", "move", "test"]), "path": PATHS},
    optional={"from": PATHS, "value": VALUES},
)


@settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(OPERATIONS, max_size=3))
def test_any_patch_leaves_a_whole_persona(shared_api: Api, patch: list[dict[str, Any]]) -> None:
    pal_id = made(shared_api, "/pals")["pal_id"]
    answer = shared_api.call("PATCH", f"/pals/{pal_id}", json=patch)
    assert answer.status_code in {200, 304, 400, 422}
    pal = shared_api.get(f"/pals/{pal_id}").json()
    assert pal["pal_id"] == pal_id
    assert isinstance(pal["document_ids"], list)
    assert isinstance(pal["layers"], dict)
    assert pal["system_prompt"].strip()
    shared_api.call("DELETE", f"/pals/{pal_id}")
