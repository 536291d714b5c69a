// Calls a server with stubs that @grpc/proto-loader makes at run time, from the
// exported folder alone: node call.mjs FOLDER ADDRESS. It prints what it found as
// JSON.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const [folder, address] = process.argv.slice(2);
const contract = 'genesyscloud/users/v1';
const files = readdirSync(join(folder, contract)).map((name) => `${contract}/${name}`);

const definition = loader.loadSync(files, { includeDirs: [folder], keepCase: true, enums: String, longs: String });
const services = Object.values(definition).filter((d) => !d.format);
const { usersService } = { usersService: grpc.loadPackageDefinition(definition).genesyscloud.users.v1.UsersService };
const client = new usersService(address, grpc.credentials.createInsecure());
const call = (method, request) =>
  new Promise((resolve) => client[method](request, { deadline: Date.now() + 30000 }, (error, answer) => resolve({ error, answer })));

const page = await call('GetUsers', { page_size: 2, expand: ['presence'] });
const missing = await call('GetUser', { user_id: '00000000-0000-4000-8000-000000000000' });

// What an error says beside its message (docs/errors.md), and what the contract
// says of a field, through protobufjs.
const root = new protobuf.Root();
root.resolvePath = (_, target) => (protobuf.common.get(target) ? target : join(folder, target));
await root.load([...files, 'google/rpc/status.proto', 'google/rpc/error_details.proto']);
root.resolveAll();
const status = root.lookupType('google.rpc.Status').decode(missing.error.metadata.get('grpc-status-details-bin')[0]);
const info = status.details.find((any) => any.type_url.endsWith('/google.rpc.ErrorInfo'));

console.log(
  JSON.stringify({
    services: services.length,
    methods: services.reduce((n, s) => n + Object.keys(s).length, 0),
    users: page.answer?.entities.map((user) => user.name) ?? String(page.error),
    code: missing.error.code,
    reason: root.lookupType('google.rpc.ErrorInfo').decode(info.value).reason,
    password: root.lookupType('genesyscloud.users.v1.CreateUser').fields.password.options,
  }),
);
client.close();
