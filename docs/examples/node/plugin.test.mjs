// A plugin for Node under test, with node:test and fetch only.
//
//     mockserver serve
//     node --test docs/examples/node/          (MOTAR_MOCK_URL says where the emulator is, if not on port 8600)

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createWorld } from "./emulator.mjs";
import { startPlugin } from "./plugin.mjs";

let world, plugin;

before(async () => {
  world = await createWorld();
  const { client_id: clientId, client_secret: clientSecret } = world.plugin;
  plugin = await startPlugin({ motarUrl: world.baseUrl, clientId, clientSecret });
  const { request_endpoint, redirect_uri } = plugin.endpoints;
  await world.act("motar.configure_plugin", { request_endpoint, redirect_uris: [redirect_uri] });
});

after(async () => {
  plugin?.close();
  await world?.drop();
});

test("a user is handed over, and the request is in progress", async () => {
  const { request_id: requestId } = await world.act("motar.start_ato_request");
  await world.wait({ kind: "delivery", path: "/ato/requests", status: 200, body: { requestId } });
  await world.act("motar.sign_in", { user: "@olivia", visit: true });
  await world.wait({ method: "POST", path: "/plugin/v1/ato/status", status: 200, body: { requestId, status: "in-progress" } });
});

test("a forged webhook is refused", async () => {
  await world.act("motar.start_ato_request");
  await world.act("motar.forge_webhook", { forge: "credentials" });
  await world.settle();
  await world.verify({ kind: "delivery", path: "/ato/requests", status: 401 }, { count: 1 });
});

test("a code that is a day old is refused", async () => {
  await world.act("motar.start_ato_request");
  await world.settle();
  const { redirect_url: url } = await world.act("motar.sign_in", { user: "@olivia" });
  await world.advance("25h");
  await world.act("motar.open_redirect", { url });
  await world.settle();
  await world.verify({ path: "/oauth/token", status: "4xx" }, { count: 1 });
});

test("what did not happen is told with what came near", async () => {
  await assert.rejects(
    world.verify({ method: "POST", path: "/ato/requests", body: { status: "completed" } }),
    /near: #\d+ delivery POST \/ato\/requests[\s\S]*expected "completed", got "not-started"/,
  );
});
