// Calls the vendor's official SDK as an application does, on behalf of a test:
// each line of standard input is a call, each line of standard output what came
// of it. Two clients differ in nothing but the SDK's documented gateway setting.
//
//   {"gateway": {...}}                          makes another client; answers its number
//   {"client": 0, "login": [id, secret]}        client-credentials grant
//   {"client": 0, "call": "getUser", "types": {"userId": "string", ...}, "body": {...}}
//
// A call sets every parameter that the SDK knows for it: types says of which type
// each one is, and the one that it does not name is the body, if there is one.
import { createInterface } from 'node:readline';
import sdk from 'purecloud-platform-client-v2';

// The SDK has a class for each area; the name of an operation is in one at least.
const apis = Object.entries(sdk).filter(([name]) => name.endsWith('Api')).map(([, api]) => api);

const samples = {
  string: 'Zoë 😀/a+b&c=d%2F',
  integer: 7,
  number: 2.5,
  boolean: false,
  array: ['a,b', 'ü x'],
  'array of integer': [1, 2],
};

function sample(name, types, body) {
  if (!(name in types) && body !== undefined) {
    return body;
  }
  if (!(types[name] in samples)) {
    throw new Error(`the parameter ${name} has the type ${types[name]} in the server's document`);
  }
  return samples[types[name]];
}

// argumentsOf reads from the SDK's own code which parameters an operation has:
// those of the method, and the keys that it takes from opts.
function argumentsOf(method, types, body) {
  const source = method.toString();
  const required = source.slice(source.indexOf('(') + 1, source.indexOf(')')).split(',').map((p) => p.trim()).filter(Boolean);
  const opts = {};
  for (const [, key] of source.matchAll(/opts\['(\w+)'\]/g)) {
    if (key !== 'customHeaders') {
      opts[key] = sample(key, types, body);
    }
  }
  return required.map((p) => (p === 'opts' ? opts : sample(p, types, body)));
}

async function call(client, name, types, body) {
  const api = apis.find((a) => typeof a.prototype[name] === 'function');
  if (!api) {
    throw new Error(`the SDK has no operation ${name}`);
  }
  const receiver = new api(client);
  return receiver[name](...argumentsOf(receiver[name], types, body));
}

const clients = [];

async function answer({ gateway, client, login, call: name, types, body }) {
  if (gateway) {
    const made = new sdk.ApiClientClass();
    made.setGateway(gateway);
    made.setReturnExtendedResponses(true);
    return { client: clients.push(made) - 1 };
  }
  if (login) {
    const auth = await clients[client].loginClientCredentialsGrant(...login);
    return { token: auth.accessToken };
  }
  const { status, headers, body: text } = await call(clients[client], name, types, body).catch((e) => {
    if (e?.status === undefined) {
      throw e;
    }
    return e; // an answer, which happens to be an error
  });
  return { status, headers, body: text };
}

for await (const line of createInterface({ input: process.stdin })) {
  const result = await answer(JSON.parse(line)).catch((e) => ({ error: String(e?.message ?? JSON.stringify(e)) }));
  process.stdout.write(JSON.stringify(result) + '\n');
}
