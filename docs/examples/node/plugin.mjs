// A very small ATO plugin for Node, to be put under test: node:http and fetch only.

import { createServer } from "node:http";

/** Listens on a free port; answers the server, its `url`, the `endpoints` to tell MOTAR, and `close`. */
export async function startPlugin({ motarUrl, clientId, clientSecret }) {
  const basic = "Basic " + Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  const known = new Set();

  async function welcome({ code, state }) {
    const tokens = await ask("/oauth/token", {}, new URLSearchParams({
      grant_type: "authorization_code", code, redirect_uri: `${url}/callback`, client_id: clientId, client_secret: clientSecret,
    }));
    const headers = { authorization: `Bearer ${tokens.access_token}`, "content-type": "application/json" };
    const report = { requestId: state, status: "in-progress", complete: false, cancellable: true };
    await ask("/plugin/v1/ato/status", headers, JSON.stringify(report));
  }

  async function ask(path, headers, body) {
    const answer = await fetch(motarUrl + path, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`MOTAR answered ${path} with ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  async function answer(request) {
    const { pathname, searchParams } = new URL(request.url, url);
    if (request.method === "POST") {
      let text = "";
      for await (const chunk of request) text += chunk;
      if (request.headers.authorization !== basic) return 401;
      if (pathname === "/ato/requests") known.add(JSON.parse(text).requestId);
      return 200;
    }
    if (!known.has(searchParams.get("state")) || !searchParams.has("code")) return 400;
    await welcome(Object.fromEntries(searchParams));
    return 200;
  }

  const server = createServer((request, response) => {
    answer(request).catch(() => 502).then((status) => response.writeHead(status).end());
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const url = `http://127.0.0.1:${server.address().port}`;
  const endpoints = { request_endpoint: `${url}/ato/requests`, redirect_uri: `${url}/callback` };
  return { url, endpoints, close: () => { server.closeAllConnections(); server.close(); } };
}
