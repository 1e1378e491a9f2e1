// The tables of a phone. `updated_at` is the stamp by which changes are merged; see sync.js.
import { Model, appSchema, tableSchema } from '@nozbe/watermelondb'
import { addColumns, schemaMigrations } from '@nozbe/watermelondb/Schema/migrations'

const columns = (types) =>
  Object.entries(types).map(([name, type]) => ({ name, type: type.replace('?', ''), isOptional: type.endsWith('?') }))

const habits = {
  name: 'string', question: 'string', notes: 'string', color: 'string', kind: 'string', freq_num: 'number',
  freq_den: 'number', weekdays: 'number', target_type: 'string', target_value: 'number', unit: 'string',
  reminder_time: 'string?', reminder_weekdays: 'number', position: 'number', archived: 'boolean',
  created_at: 'number', updated_at: 'number',
}
const completions = {
  habit_id: 'string', date: 'string', value: 'number?', skipped: 'boolean', note: 'string',
  recorded_at: 'number?', zone: 'string', device: 'string', updated_at: 'number',
}
const added = { category: 'string' } // by version 2 of the app
const categories = addColumns({ table: 'habits', columns: columns(added) })

export const schema = (version) =>
  appSchema({
    version,
    tables: [
      tableSchema({ name: 'habits', columns: columns(version < 2 ? habits : { ...habits, ...added }) }),
      tableSchema({ name: 'completions', columns: columns(completions) }),
    ],
  })

export const migrations = (version) =>
  schemaMigrations({ migrations: version < 2 ? [] : [{ toVersion: 2, steps: [categories] }] })

export class Habit extends Model {
  static table = 'habits'
}

export class Completion extends Model {
  static table = 'completions'
}
