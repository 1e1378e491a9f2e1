// React Native's bundler takes a folder for its index.js. Node.js is told to: `node --import ./folders.mjs`.
import { register } from 'node:module'

const hook = `export const resolve = (specifier, context, next) =>
  next(specifier, context).catch((error) => {
    if (error.code !== 'ERR_UNSUPPORTED_DIR_IMPORT') throw error
    return next(specifier + '/index.js', context)
  })`

register(`data:text/javascript,${encodeURIComponent(hook)}`)
