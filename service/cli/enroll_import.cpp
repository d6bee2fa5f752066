#include "service/cli/enroll_import.hpp"

#include "service/cli/flags.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

constexpr const char* help =
    "Let many devices in, from a file of CSV or NDJSON, or `-` for standard input. All of it is checked\n"
    "first; if anything is wrong, it is listed by line and nobody is enrolled. A device that is\n"
    "enrolled in just this way already is passed over: an import that was interrupted is started again\n"
    "with the same file.";
constexpr const char* footer =
    "CSV has a header with the names of its columns, in any order; NDJSON is one JSON object a line, with\n"
    "members of the same names. All but device_id may be left out or empty:\n"
    "  device_id           letters, digits and . _ : -, at most 64\n"
    "  group               the group whose limits and configuration hold for it (default: --group)\n"
    "  key                 its key: base64 of 32-64 bytes; sealed before it is sent to the registry\n"
    "  token               its token: 16-256 characters; the registry gets its SHA-256\n"
    "  public_key          its public key: base64 of a SubjectPublicKeyInfo (DER)\n"
    "  certificate_sha256  SHA-256 of its certificate, hexadecimal\n"
    "  config              its configuration: a JSON object of at most 3 KiB\n"
    "One of key, token, public_key and certificate_sha256 at most; with none of them the device is put on\n"
    "the allow list of its group, and proves itself as the group does.\n"
    "\n"
    "Examples:\n"
    "  latchkey enroll import devices.csv --group meters\n"
    "  zcat devices.ndjson.gz | latchkey enroll import - --atomic\n"
    "\n"
    "Exit codes: 0 enrolled, 64 wrong flags, 65 something is wrong with the file or the registry refused,\n"
    "69 no database, 77 the login may not, 78 wrong configuration.";

}  // namespace

void add_import(Command& enroll) {
  auto command = enroll.add("import", help);
  const auto flags = std::make_shared<ImportFlags>();
  command.value("FILE", flags->file, "The file, or - for standard input", {.required = true});
  command.value("--group", flags->group, "The group of devices that name none", {.metavar = "NAME"});
  command.flag("--atomic", flags->atomic,
               "All or nothing, in one transaction; without it every 20,000 lines are one");
  command.flag("--check", flags->check, "Only say what is wrong, and enrol nobody");
  add_config_flag(command, flags->config_file);
  add_database_flag(command, flags->database_url, "LATCHKEY_DB_URL");
  command.flag("--json", flags->json, "A JSON object on stdout");
  command.footer(footer);
  command.does([flags] { return import_devices(*flags); });
}

}  // namespace latchkey::cli
