// Makes Node believe that it runs on macOS. Loaded with `--require`, which worker threads and children take over from
// NODE_OPTIONS.
const { syncBuiltinESMExports } = require('node:module')
const os = require('node:os')

Object.defineProperty(process, 'platform', { value: 'darwin', enumerable: true })
os.platform = () => 'darwin'
os.type = () => 'Darwin'
// macOS 15
os.release = () => '24.6.0'
syncBuiltinESMExports()
