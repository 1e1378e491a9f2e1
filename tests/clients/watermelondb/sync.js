// Offline-first sync of WatermelonDB with Focusjobs: `npm install @nozbe/watermelondb uuid`. Call the function that
// `syncWith` gives when the app opens, when the network is back, and after each tick.
import { synchronize } from '@nozbe/watermelondb/sync'
import { fetchLocalChanges, getLastPulledAt, markLocalChangesAsSynced } from '@nozbe/watermelondb/sync/impl'
import { v4, v5 } from 'uuid'

// A day of a habit has one id on all phones. A counted habit has one for each phone, and their values add up.
export const completionId = (habit, date, device) =>
  v5(habit.kind === 'counted' ? `${date}/${device}` : date, habit.id)

// In every create and update: newer than all that this phone has seen, however wrong its clock. An un-tick is value 0.
export const stamp = (record, now = Date.now()) =>
  record._setRaw('updated_at', Math.max(now, (record._raw.updated_at ?? 0) + 1))

export function syncWith({ database, server, token, device, migrationsEnabledAtVersion = 1 }) {
  const always = { Authorization: `Bearer ${token}`, 'X-Device-Id': device, 'Content-Type': 'application/json' }
  const call = async (path, body) => {
    const headers = { ...always, 'Idempotency-Key': v4() }
    const send = () => fetch(`${server}/api/v1/sync/${path}`, { method: body ? 'POST' : 'GET', headers, body })
    const response = await send().catch(send) // lost on the way? The same once more: the server knows the key
    if (!response.ok) throw new Error(`Sync was answered ${response.status}: ${await response.text()}`)
    return response.json()
  }
  const pullChanges = ({ lastPulledAt, schemaVersion, migration }) =>
    call(`pull?last_pulled_at=${lastPulledAt}&schema_version=${schemaVersion}&migration=` +
      encodeURIComponent(JSON.stringify(migration)))
  const pushChanges = async ({ changes, lastPulledAt }) => {
    const rejected = { habits: [], completions: [] } // they stay unsynced here, and come again with the next push
    for (const part of parts(changes)) {
      const answer = await call(`push?last_pulled_at=${lastPulledAt}`, JSON.stringify(part))
      for (const table in rejected) rejected[table].push(...answer.experimentalRejectedIds[table])
    }
    return { experimentalRejectedIds: rejected }
  }
  const conflictResolver = (_table, local, remote, resolved) =>
    local._status === 'created' && local.updated_at > remote.updated_at ? local : resolved
  const options = { conflictResolver, migrationsEnabledAtVersion, sendCreatedAsUpdated: true }

  const once = async () => {
    // Push before the pull: pulling a habit's deletion destroys what was recorded here and not pushed yet.
    const lastPulledAt = await getLastPulledAt(database)
    if (lastPulledAt) {
      const local = await fetchLocalChanges(database)
      const { experimentalRejectedIds } = await pushChanges({ changes: local.changes, lastPulledAt })
      await markLocalChangesAsSynced(database, local, experimentalRejectedIds)
    }
    await synchronize({ database, pullChanges, pushChanges, ...options })
  }
  let running
  return () => (running ??= once().catch(once).finally(() => (running = undefined)))
}

// At most half a megabyte or 2,500 rows a push, and habits before their days.
function* parts(changes) {
  let part = {}, size = 0
  for (const table of ['habits', 'completions'])
    for (const list of ['created', 'updated', 'deleted'])
      for (const row of changes[table][list]) {
        part[table] ??= { created: [], updated: [], deleted: [] }
        part[table][list].push(row)
        size += 200 + JSON.stringify(row).length
        if (size > 500_000) { yield part; part = {}; size = 0 }
      }
  if (size) yield part
}
