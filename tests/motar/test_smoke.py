from tests.support import Live


def test_a_request_reaches_the_plugin(plugin_world: Live, httpserver):
    httpserver.expect_ordered_request("/requests", method="POST").respond_with_json({})
    started = plugin_world.act("motar.start_ato_request")
    plugin_world.settle()
    assert [each["state"] for each in plugin_world.control.get("deliveries").json()["deliveries"]] == ["delivered"]
    assert httpserver.log[0][0].json["requestId"] == started["request_id"]
