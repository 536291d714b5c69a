// Calls a server with the Connect libraries for Node and for the web, in each
// protocol that they have: node connect.mjs STUBS ADDRESS. It prints what it got as
// JSON.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import * as node from '@connectrpc/connect-node';
import * as web from '@connectrpc/connect-web';

const [stubs, address] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(stubs, path)));
const { UsersService } = await load('genesyscloud/users/v1/users_service_pb.js');
const { ErrorInfoSchema } = await load('google/rpc/error_details_pb.js');

const baseUrl = `http://${address}`;
const transports = {
  'node, Connect in JSON': node.createConnectTransport({ baseUrl, httpVersion: '1.1' }),
  'node, Connect in binary form': node.createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: true }),
  'node, Connect over HTTP/2': node.createConnectTransport({ baseUrl, httpVersion: '2' }),
  'node, Connect by GET': node.createConnectTransport({ baseUrl, httpVersion: '1.1', useHttpGet: true }),
  'node, gRPC-Web': node.createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
  'node, gRPC on the REST port': node.createGrpcTransport({ baseUrl }),
  'web, Connect': web.createConnectTransport({ baseUrl }),
  'web, gRPC-Web': web.createGrpcWebTransport({ baseUrl }),
};

const results = {};
for (const [name, transport] of Object.entries(transports)) {
  const client = createClient(UsersService, transport);
  let id = '';
  const page = await client.getUsers(
    { pageSize: 2, expand: ['presence'] },
    { timeoutMs: 30000, headers: { 'X-Request-Id': 'mine' }, onHeader: (h) => (id = h.get('x-request-id')) },
  );
  const error = await client
    .getUser({ userId: '00000000-0000-4000-8000-000000000000' }, { timeoutMs: 30000 })
    .then(() => null, (e) => ConnectError.from(e));
  results[name] = {
    users: page.entities.map((user) => user.name),
    id,
    code: error && Code[error.code],
    reason: error?.findDetails(ErrorInfoSchema)[0]?.reason,
  };
}
console.log(JSON.stringify(results));
process.exit(0); // sessions of HTTP/2 stay open
