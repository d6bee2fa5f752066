#include "service/config/table.hpp"

#include <fmt/format.h>

namespace latchkey::service {
namespace {

constexpr std::string_view preface = R"(# Configuration

<!-- Written by `latchkey config reference` from the table that reads the configuration. Change service/config/table.cpp. -->

One TOML file: `--config FILE`, else the one that `LATCHKEY_CONFIG` names, else `/etc/latchkey/latchkey.toml`. Each option can
be set by an environment variable too, which wins over the file: `LATCHKEY_SECTION_KEY`, for example `LATCHKEY_DATABASE_URL`.
Everything may come from the environment: the file at the default place may be missing. An empty variable counts as not set,
except `LATCHKEY_MQTT_SHARE_GROUP`.

- There is no secret in the configuration itself. Options that end in `_file` name files; those that hold a secret must not be
  readable by everybody (mode 0600 or 0640). Key files hold raw bytes or one line of base64 or base64url, and nothing else, password files one line.
- A relative path in the file counts from the folder of the file; in a variable, from the working directory.
- `latchkey config check` lists everything that is wrong at once, with file and line, and exits 78 if anything is.
  `latchkey config show` prints what holds, and where each value comes from.
- An unknown key is an error: a misspelt option would otherwise be ignored in silence.

The least that works:

```toml
[database]
url = "postgresql://latchkey@db.example/latchkey"
password_file = "database.password"

[mqtt]
url = "mqtts://broker.example:8884"
username = "@service"
password_file = "mqtt.password"
ca_file = "pki/server-ca.pem"

[pki]
device_ca_file = "pki/device-ca.pem"
device_ca_key_file = "pki/device-ca-key.pem"
signing_certificate_file = "pki/signing.pem"
signing_key_file = "pki/signing-key.pem"

[secrets]
master_key_file = "pki/master.key"

[connection]
host = "broker.example"
```

`latchkey ca init` makes the files below `pki/`.

Two variables are of the commands, not of the service: `latchkey db` takes the database's address from `--db-url`, else
`LATCHKEY_OWNER_DB_URL`, else `database.url`; `latchkey enroll` from `--db-url`, else `LATCHKEY_DB_URL`, else `database.url`. In
these variables, unlike in `database.url`, a password may stand.
)";

std::string_view type_of(const Option& option) {
  switch (option.kind) {
    case Kind::text:
      return "text";
    case Kind::file:
      return "file";
    case Kind::secret_file:
      return "file with a secret";
    case Kind::number:
      return "number";
    case Kind::flag:
      break;
  }
  return "true or false";
}

std::string allowed_of(const Option& option) {
  if (option.kind != Kind::number) return std::string(type_of(option));
  return fmt::format("number, {} to {}", option.least, option.most);
}

std::string default_of(const Option& option) {
  if (option.required) return "**required**";
  Config defaults;
  const auto value = value_as_toml(option, defaults);
  if (!value || *value == "\"\"") return std::string(option.unset);
  return fmt::format("`{}`", *value);
}

}  // namespace

std::string config_reference() {
  std::string page(preface);
  std::string_view section;
  for (const Option& option : options()) {
    if (option.section != section)
      page +=
          fmt::format("\n## [{}]\n\n| key | type | default | meaning |\n|---|---|---|---|\n", option.section);
    section = option.section;
    page += fmt::format("| `{}` | {} | {} | {} |\n", option.key, allowed_of(option), default_of(option),
                        option.help);
  }
  return page;
}

}  // namespace latchkey::service
