import { startSshdLab } from '../../libs/testing/dist/index.js';
import { SshConnectionPool, createSshTransport } from './dist/transport/ssh/index.js';
const lab = await startSshdLab({ targets: 100 });
const sig = () => new AbortController().signal;
const mk = (pool) => lab.targets.map(t => createSshTransport(pool, { drone: t.name, ...t, user: lab.user, identityFiles: [lab.identityFile], knownHosts: [lab.knownHostsFile], hostKeyPolicy: 'strict' }));
const pool = new SshConnectionPool();
const ts = mk(pool);
const singles=[]; for (const t of ts.slice(0,10)) { const a=performance.now(); const r = await t.connect(10000, sig()); if(!r.ok) throw new Error(r.failure.message); singles.push(performance.now()-a); }
console.log('uid', process.getuid(), 'single cold connect median', singles.sort((a,b)=>a-b)[5].toFixed(0));
const a = performance.now(); const rs = await Promise.all(ts.slice(10,60).map(t=>t.connect(20000,sig()))); console.log('50 cold', (performance.now()-a).toFixed(0), rs.every(r=>r.ok));
const k=[]; for (const t of ts.slice(0,50)) { const a=performance.now(); await t.connect(10000, sig()); k.push(performance.now()-a);} console.log('kept median ms', k.sort((a,b)=>a-b)[25].toFixed(3), 'max', k[49].toFixed(1));
const b=performance.now(); await Promise.all(rs.map(r=>r.session.openShell('exec cat', sig()))); console.log('50 shells', (performance.now()-b).toFixed(0));
await pool.close();
const p2 = new SshConnectionPool(); const t2 = mk(p2); const c=performance.now(); const r2 = await Promise.all(t2.map(t=>t.connect(20000,sig()))); console.log('100 cold', (performance.now()-c).toFixed(0), r2.every(r=>r.ok), lab.log.filter(l=>/drop connection|dropped/.test(l)).length);
await p2.close(); await lab.stop();
