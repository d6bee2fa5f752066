#include "service/config/table.hpp"

#include <fmt/format.h>

namespace latchkey::service {
namespace {

constexpr std::string_view preface = R"(# Configuration

<!-- Written by `latchkey config reference` from the table that reads the configuration. Change service/config/table.cpp. -->

The configuration is one TOML file: `--config FILE`, else the file that `LATCHKEY_CONFIG` names, else
`/etc/latchkey/latchkey.toml`. An environment variable overrides an option of the file. It is called `LATCHKEY_SECTION_KEY`, for
example `LATCHKEY_DATABASE_URL`. The file at the default path may be missing if all options come from the environment. An empty
variable counts as not set, except `LATCHKEY_MQTT_SHARE_GROUP`.

- The configuration itself contains no secrets. Options that end in `_file` name files. Files with secrets must not be readable
  by all users (mode 0600 or 0640). A key file contains raw bytes or one line of base64 or base64url, and nothing else; a
  password file contains one line.
- A relative path in the file is relative to the folder of the file; in a variable, to the working directory.
- `latchkey config check` lists all errors at once, with file and line. It exits with 78 if there are any.
- `latchkey config show` prints the configuration in effect and the source of each value.
- An unknown key is an error, so that a misspelt option is not ignored.

A minimal configuration:

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

Two variables are for commands only. `latchkey db` takes the address of the database from `--db-url`, else
`LATCHKEY_OWNER_DB_URL`, else `database.url`; `latchkey enroll` from `--db-url`, else `LATCHKEY_DB_URL`, else `database.url`.
These variables may contain a password; `database.url` may not.
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
