// The script of a page of another origin, bundled for a browser: it calls with
// connect-web and writes what it got into the page.
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { UsersService } from 'stubs/genesyscloud/users/v1/users_service_pb.js';

const baseUrl = new URLSearchParams(location.search).get('server');
const lines = [];
for (const create of [createConnectTransport, createGrpcWebTransport]) {
  try {
    const client = createClient(UsersService, create({ baseUrl }));
    let id = 'unseen';
    const page = await client.getUsers({ pageSize: 1 }, { onHeader: (h) => (id = h.get('x-request-id') ?? 'hidden') });
    lines.push(`${create.name}: ${page.entities.length} of ${page.total > 0 ? 'many' : 'none'}, id ${id.length > 8 ? 'seen' : id}`);
  } catch (error) {
    lines.push(`${create.name}: ${error}`);
  }
}
document.getElementById('result').textContent = lines.join('; ') + '.';
