import { skipNotEmulated } from '../harness/skip-not-emulated.ts'
import { notEmulated } from './not-emulated.ts'

skipNotEmulated(notEmulated)
