// A provider with dynamic registration (RFC 7591) and its management (RFC 7592); prints its issuer once it listens.
// node oidc_provider.mjs FOLDER TOKEN, where FOLDER holds node_modules/oidc-provider and TOKEN may register clients.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, initialAccessToken] = process.argv.slice(2);
const entry = pathToFileURL(join(folder, 'node_modules/oidc-provider/lib/index.js'));
const { default: Provider } = await import(entry);

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true, initialAccessToken },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
// Whoever started this holds the other end: when they are gone, so is this.
process.stdin.resume();
process.stdin.on('end', () => process.exit());
