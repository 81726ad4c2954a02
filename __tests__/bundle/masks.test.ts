import { expect, test } from 'vitest'
import { startBed } from '../harness/bed.ts'
import { runnerJob } from '../harness/runner-job.ts'
import { writeFiles } from '../temporary.ts'

/** Where Go keeps its settings, below the home (os.UserConfigDir). */
const goEnvFile = process.platform === 'darwin' ? 'Library/Application Support/go/env' : '.config/go/env'

test('passwords from all sources are masked in every form before anything is logged', async () => {
  const bed = await startBed()
  await bed.repository(undefined, { 'README.md': 'no Go here\n' })
  const address = (name: string) => `http://robot:${name}%2Fpassword@127.0.0.1:9`
  const names = ['Proxy', 'Lower', 'All', 'Key', 'EnvFile', 'Sumdb', 'GitConfig', 'Aws']
  const { main, shell } = await runnerJob(bed, {
    env: {
      ...{ HTTPS_PROXY: address('Proxy'), http_proxy: address('Lower'), ALL_PROXY: address('All') },
      ...{ NO_PROXY: '127.0.0.1', GOPROXY: '', AWS_SECRET_ACCESS_KEY: 'Aws/password' },
      GOSUMDB: `sum.example+1+x ${address('Sumdb').replace('http:', 'https:')}`,
      ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: `url.${address('Key')}/.insteadOf` },
      GIT_CONFIG_VALUE_0: 'https://git.example/',
    },
    prepare: ({ home }) =>
      writeFiles(home, {
        [goEnvFile]: `GOPROXY=${address('EnvFile').replace('http:', 'https:')}\n`,
        '.gitconfig': `[url "${address('GitConfig')}/"]\n\tinsteadOf = https://other.example/\n`,
      }),
    run: `printf '%s\\n' ${names.map((name) => `${name}/password ${name}%2Fpassword ${Buffer.from(`robot:${name}/password`).toString('base64')}`).join(' ')}`,
  })
  expect(main.exitCode, main.log).toBe(0)
  expect(main.stdout.slice(0, main.stdout.search(/^(?!::add-mask::)/m))).toContain('Proxy/password')
  const shown = shell?.log.split('\n').filter((line) => line !== '***')
  // This one has no user.
  expect(shown).toEqual(['cm9ib3Q6***'])
})
