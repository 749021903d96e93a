import { createServer, type Server } from 'node:net';

/** Ports of this machine that nobody listens at now, as `127.0.0.1:PORT`. */
export async function freePorts(count: number): Promise<string[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const hosts = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port is free on this machine');
    return `127.0.0.1:${address.port}`;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return hosts;
}

const listen = (): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
