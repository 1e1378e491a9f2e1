// WatermelonDB asks for better-sqlite3, which wants a compiler and minutes. libsql is SQLite as a binary from npm, with
// the same interface but for `pragma(…, { simple: true })`, which gives a row there and a value here.
const Database = require('libsql')

module.exports = class extends Database {
  pragma(source, { simple = false } = {}) {
    const rows = this.prepare(`PRAGMA ${source}`).all()
    return simple ? Object.values(rows[0] ?? {})[0] : rows
  }
}
