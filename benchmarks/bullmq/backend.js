// Which store BullMQ works on, from the environment: BENCH_BACKEND is redis or postgres, on the benchmark's servers.
import { Queue, Worker, withBackend, createPostgresBackend } from 'bullmq';

export const QUEUE = 'bench';

const socketDirectory = new URL(process.env.DATABASE_URL.replace('@/', '@localhost/')).searchParams.get('host');
export const postgres = { host: socketDirectory, user: 'postgres', database: 'postgres' };

const valkey = { path: new URL(process.env.REDIS_URL).pathname, maxRetriesPerRequest: null };

export function classes(pool) {
  if (process.env.BENCH_BACKEND === 'postgres') {
    const backend = withBackend(createPostgresBackend);
    return { Queue: backend.Queue, Worker: backend.Worker, connection: { ...postgres, max: pool, migrate: true } };
  }
  return { Queue, Worker, connection: valkey };
}
