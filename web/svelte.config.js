const named = new Map();

/** What ties a part's styles to it: as short as tells two hundred parts apart, since each of their elements carries it. */
function cssHash({ hash, css, filename = css }) {
  const name = `s-${hash(filename).slice(0, 5)}`;
  const other = named.get(name) ?? filename;
  if (other !== filename) throw new Error(`${filename} and ${other} would share ${name}: rename one of them`);
  named.set(name, filename);
  return name;
}

export default { compilerOptions: { runes: true, cssHash } };
