# Sourced by scripts that unpack Debian packages without installing them: an apt of their own, from the mirror that this
# machine already uses, beside which the machine's sources, lists and architectures stay as they are.

# private_apt STATE ARCHITECTURE SUITE_SUFFIX...: sets APT_CONFIG and `codename`; "" is the suite itself, "-backports" that
# one. Returns 1 after setting `apt_problem` to one line that says why not.
private_apt() {
  local state=$1 architecture=$2 mirror suffix
  shift 2
  apt_problem=
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    apt_problem="this is not a Debian system (no apt-get)"
    return 1
  fi
  codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v codename="$codename" '$1 == codename { print $2; exit }')
  [ -n "$mirror" ] || mirror=$(grep -rhoE '^(deb|URIs:) .*' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
    grep -v security | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ')
  if [ -z "$codename" ] || [ -z "$mirror" ]; then
    apt_problem="apt knows no mirror for the suite '$codename'"
    return 1
  fi
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/empty.d"
  for suffix in "$@"; do
    printf 'deb %s %s%s main\ndeb-src %s %s%s main\n' "$mirror" "$codename" "$suffix" "$mirror" "$codename" "$suffix"
  done >"$state/sources.list"
  cat >"$state/apt.conf" <<TEXT
Dir::Etc::SourceList "$state/sources.list";
Dir::Etc::SourceParts "$state/empty.d";
Dir::State::Lists "$state/lists";
Dir::Cache "$state/cache";
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "1";
Acquire::http::Timeout "20";
TEXT
  export APT_CONFIG=$state/apt.conf
  if ! timeout 240 apt-get -q update >"$state/log" 2>&1; then
    apt_problem="apt-get update failed: $(tail -n 1 "$state/log")"
    return 1
  fi
}
