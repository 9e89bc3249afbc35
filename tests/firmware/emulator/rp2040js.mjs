// The processor and most of its peripherals: rp2040js, a package of other hands that `.ci/run tools`
// puts below target/npm. Versions before 1.4.1 lack the power-on state machine.
const modules = process.env.TEKSER_NPM ?? new URL('../../../target/npm/node_modules', import.meta.url).pathname;
const part = path => import(`${modules}/rp2040js/dist/esm/${path}`);

export const { RP2040 } = await part('rp2040.js');
export const { BasePeripheral } = await part('peripherals/peripheral.js');
export const { RPSSI } = await part('peripherals/ssi.js');
