// The control API of a running emulator, as much of it as these tests need: copy it, or write your own.

const EMULATOR = process.env.MOTAR_MOCK_URL ?? "http://127.0.0.1:8600";

/** Calls the control API; throws an Error that reads like what the emulator said. */
async function control(method, path, body) {
  const answer = await fetch(`${EMULATOR}/_mock/${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const told = answer.status === 204 ? null : await answer.json();
  if (answer.ok) return told;
  const problems = (told.problems ?? []).map((each) => `  ${each.path}: expected ${each.expected}, got ${each.got}`);
  const misses = (told.near_misses ?? []).flatMap((miss) => [
    `  near: #${miss.id} ${miss.label}`,
    ...miss.differences.map((each) => `    ${each.field}: expected ${each.expected}, got ${each.got}`),
  ]);
  throw new Error([told.detail, ...problems, ...misses].join("\n"));
}

/** A fresh world with a frozen clock, under a name of its own. */
export async function createWorld(settings = {}) {
  const made = await control("POST", "worlds", { clock: { mode: "frozen" }, settings });
  const call = (method, path, body) => control(method, `worlds/${made.name}${path}`, body);
  return {
    baseUrl: made.base_url,
    plugin: made.motar.plugins[0],
    act: (action, given = {}) => call("POST", `/actions/${action}`, given),
    wait: (match, { count = 1, timeout = 5 } = {}) => call("POST", "/journal/wait", { match, count, timeout }),
    verify: (match, limits = {}) => call("POST", "/journal/verify", { match, ...limits }),
    advance: (by) => call("POST", "/clock/advance", { by }),
    settle: () => call("POST", "/settle", { timeout: 10 }),
    drop: () => call("DELETE", ""),
  };
}
