// An authority of the test's own and the certificates that it signs, made with the openssl program in a folder of their
// own for each run: nothing secret is checked in, nothing expires.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const key_options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export class Authority {
  constructor(name) {
    this.folder = mkdtempSync(join(tmpdir(), "certificates-"));
    this.issued = 0;
    this.#openssl("req", "-x509", ...key_options, "-days", "2", "-subj", `/CN=${name}`, "-keyout", "ca.key", "-out", "ca.pem");
    this.certificate = this.#read("ca.pem");
    this.certificate_file = join(this.folder, "ca.pem");
  }

  /** A certificate and its key, as PEM texts and as files. */
  issue(name, alt_names = "DNS:localhost,IP:127.0.0.1") {
    const file = `issued-${++this.issued}`;
    writeFileSync(join(this.folder, `${file}.ext`), `subjectAltName=${alt_names}\n`);
    this.#openssl("req", ...key_options, "-subj", `/CN=${name}`, "-keyout", `${file}.key`, "-out", `${file}.csr`);
    this.#openssl("x509", "-req", "-in", `${file}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
      "-days", "1", "-extfile", `${file}.ext`, "-out", `${file}.pem`);
    return {
      certificate: this.#read(`${file}.pem`), certificate_file: join(this.folder, `${file}.pem`),
      key: this.#read(`${file}.key`), key_file: join(this.folder, `${file}.key`),
    };
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }

  #openssl(...args) {
    execFileSync("openssl", args, { cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
  }

  #read(file) {
    return readFileSync(join(this.folder, file), "utf8");
  }
}
