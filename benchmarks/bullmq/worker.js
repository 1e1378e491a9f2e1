// A BullMQ worker: `node worker.js CONCURRENCY`.
import fs from 'node:fs';
import pg from 'pg';
import { classes, postgres, QUEUE } from './backend.js';

const concurrency = Number(process.argv[2]);
const { Worker, connection } = classes(Math.max(20, concurrency));
const pool = new pg.Pool({ ...postgres, max: Math.min(concurrency, 100) });
let pipe;

function stamp(n) {
  const now = process.hrtime.bigint(); // CLOCK_MONOTONIC
  pipe ??= fs.openSync(process.env.BENCH_PIPE, 'w');
  fs.writeSync(pipe, `${n} ${now}\n`);
}

async function run(job) {
  if (job.name === 'stamp') stamp(job.data.n);
  if (job.name === 'insert') {
    await pool.query({ name: 'insert', text: 'INSERT INTO bench_row (n) VALUES ($1)', values: [job.data.n] });
  }
}

const worker = new Worker(QUEUE, run, { connection, concurrency });
worker.on('error', (error) => console.error(error));
process.on('SIGTERM', async () => {
  await worker.close();
  process.exit(0);
});
