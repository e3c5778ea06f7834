// nodemailer with a pool of connections; the letters are handed to it whole (`raw`). --key: signed by itself.
const fs = require("node:fs");
const path = require("node:path");

const words = {};
for (let n = 2; n < process.argv.length; n += 2) words[process.argv[n].slice(2)] = process.argv[n + 1];
const nodemailer = require(path.join(words.modules, "nodemailer"));
const [head, tail] = fs.readFileSync(words.letter, "latin1").split("@@TO@@");
const [middle, rest] = tail.split("@@ID@@");
const total = Number(words.letters);
const options = {
  host: "127.0.0.1", port: Number(words.port), secure: false, ignoreTLS: true,
  pool: true, maxConnections: Number(words.connections), maxMessages: Infinity,
};
if (words.key) {
  options.dkim = { domainName: "example.org", keySelector: "s", privateKey: fs.readFileSync(words.key, "latin1") };
}
const transport = nodemailer.createTransport(options);
let next = 0;

async function work() {
  while (next < total) {
    const n = next++;
    const to = `r${n}@d${n % 40}.example`;
    await transport.sendMail({ envelope: { from: "news@example.org", to: [to] }, raw: head + to + middle + n + rest });
  }
}

// More at hand than connections: the pool never waits for us.
Promise.all(Array.from({ length: 2 * Number(words.connections) }, work)).then(
  () => transport.close(),
  (error) => { console.error(error); process.exit(1); },
);
