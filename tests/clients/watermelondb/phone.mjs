// A phone without a screen: commands as lines of JSON on standard input, answers as lines of JSON on standard output.
//   node --import ./folders.mjs phone.mjs
// The first is {"do": "open", "file": …, "server": …, "token": …, "device": …, "version": 2}: whose phone it is. Another
// `open` makes it somebody else's, as a new one that was never used.
import { createInterface } from 'node:readline'
import { Database, Q } from '@nozbe/watermelondb'
import sqlite from '@nozbe/watermelondb/adapters/sqlite'
import consistency from '@nozbe/watermelondb/diagnostics/diagnoseSyncConsistency'
import { hasUnsyncedChanges, synchronize } from '@nozbe/watermelondb/sync'
import { getLastPulledAt } from '@nozbe/watermelondb/sync/impl'
import { logger } from '@nozbe/watermelondb/utils/common'
import { v4 } from 'uuid'

import * as network from './network.mjs'
import { Completion, Habit, migrations, schema } from './schema.js'
import { completionId, stamp, syncWith } from './sync.js'

logger.silence()
let settings, device, database, sync, clock
const table = (name) => database.get(name)
const write = (work) => database.write(work)
const found = (name, id) => table(name).find(id).catch(() => null)

const set = (values) => (record) => {
  for (const [column, value] of Object.entries(values)) record._setRaw(column, value)
  stamp(record, clock())
}
const create = (name, id, values) =>
  table(name).create((record) => {
    record._raw.id = id
    set(values)(record)
  })

const NEW_HABIT = {
  kind: 'yes_no', freq_num: 1, freq_den: 1, weekdays: 127, target_type: 'at_least', reminder_weekdays: 127,
}

const commands = {
  open: (given) => {
    settings = given
    device = given.device
    const { file: dbName, version } = given
    const adapter = new sqlite.default({ dbName, schema: schema(version), migrations: migrations(version) })
    database = new Database({ adapter, modelClasses: [Habit, Completion] })
    sync = syncWith({ ...given, database })
    clock = Date.now
    network.plan(network.FLAWLESS)
  },

  // The phone's clock: `at` stops it there, `offset` lets it run ahead or behind, neither sets it right.
  clock: ({ at, offset = 0 }) => void (clock = () => at ?? Date.now() + offset),

  create_habit: ({ id = v4(), ...values }) =>
    write(async () => (await create('habits', id, { ...NEW_HABIT, created_at: clock(), ...values })).id),

  edit: ({ table: name, id, ...values }) =>
    write(async () => void (await (await table(name).find(id)).update(set(values)))),

  // `cell` is an identifier of the phone's own making, as WatermelonDB gives one by itself.
  tick: ({ habit: id, date, cell: own, value = 1, ...rest }) =>
    write(async () => {
      const habit = await found('habits', id)
      const kind = habit?._raw.kind
      const cell = own ?? completionId({ id, kind }, date, device)
      const values = { value, recorded_at: clock(), zone: 'UTC', device: kind === 'counted' ? device : '', ...rest }
      const known = await found('completions', cell)
      if (known) await known.update(set(values))
      else await create('completions', cell, { habit_id: id, date, ...values })
      return cell
    }),

  // The days of a habit go with the next pull; those of a habit that was never synced go with it.
  delete_habit: ({ id }) =>
    write(async () => {
      const habit = await table('habits').find(id)
      if (habit.syncStatus === 'created') {
        const days = await table('completions').query(Q.where('habit_id', id), Q.where('_status', 'created')).fetch()
        for (const day of days) await day.destroyPermanently()
      }
      await habit.markAsDeleted()
    }),

  network: (faults) => network.plan(faults),

  // How many requests it took, and what became of each.
  sync: async () => {
    network.log.length = 0
    await sync()
    return network.log
  },

  // As WatermelonDB's manual has it, without the phone's contract.
  sync_by_the_manual: async () => {
    network.log.length = 0
    await synchronize({ database, pullChanges: pull, pushChanges: push, migrationsEnabledAtVersion: 1 })
    return network.log
  },

  dump: async () => {
    const rows = async (name) => (await table(name).query(Q.sortBy('id')).fetch()).map((record) => record._raw)
    return {
      habits: await rows('habits'),
      completions: await rows('completions'),
      unsynced: await hasUnsyncedChanges({ database }),
      cursor: await getLastPulledAt(database),
    }
  },

  // The package's own tool: syncs, pulls everything, and compares row by row.
  diagnose: () => {
    const pullChanges = async (asked) => (await pull(asked)).changes
    return consistency.default({ db: database, synchronize: sync, pullChanges })
  },
}

async function pull({ lastPulledAt, schemaVersion, migration }) {
  const changed = encodeURIComponent(JSON.stringify(migration))
  return ask(`pull?last_pulled_at=${lastPulledAt}&schema_version=${schemaVersion}&migration=${changed}`)
}

async function push({ changes, lastPulledAt }) {
  await ask(`push?last_pulled_at=${lastPulledAt}`, { method: 'POST', body: JSON.stringify(changes) })
}

async function ask(path, options = {}) {
  const { server, token } = settings
  const headers = { Authorization: `Bearer ${token}`, 'X-Device-Id': device, 'Content-Type': 'application/json' }
  const response = await fetch(`${server}/api/v1/sync/${path}`, { ...options, headers })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...options } = JSON.parse(line)
  const answer = await Promise.resolve()
    .then(() => commands[name](options))
    .then((result) => ({ result: result ?? null }), (error) => ({ error: String(error?.stack ?? error) }))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
