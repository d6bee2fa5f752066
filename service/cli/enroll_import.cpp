#include "service/cli/enroll_import.hpp"

#include "service/cli/flags.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

constexpr const char* help =
    "Enrol many devices from a file of CSV or NDJSON, or from standard input (`-`). The whole file is\n"
    "checked first; if there are errors, they are listed by line and no device is enrolled. A device\n"
    "that is already enrolled in the same way is skipped: to continue an interrupted import, run it\n"
    "again with the same file.";
constexpr const char* footer =
    "CSV begins with a header that names the columns, in any order. NDJSON has one JSON object a line,\n"
    "with members of the same names. All but device_id may be empty or missing:\n"
    "  device_id           letters, digits and . _ : -, at most 64\n"
    "  group               group whose limits and configuration apply to it (default: --group)\n"
    "  key                 its key: base64 of 32-64 bytes; sealed before it is sent to the registry\n"
    "  token               its token: 16-256 characters; the registry gets its SHA-256\n"
    "  public_key          its public key: base64 of a SubjectPublicKeyInfo (DER)\n"
    "  certificate_sha256  SHA-256 of its certificate, hexadecimal\n"
    "  config              its configuration: a JSON object of at most 3 KiB\n"
    "A line has at most one of key, token, public_key and certificate_sha256. With none of them the\n"
    "device is put on the allow list of its group and uses the proof of the group.\n"
    "\n"
    "Examples:\n"
    "  latchkey enroll import devices.csv --group meters\n"
    "  zcat devices.ndjson.gz | latchkey enroll import - --atomic\n"
    "\n"
    "Exit codes: 0 enrolled, 64 wrong flags, 65 errors in the file or refused by the registry, 69 no\n"
    "database, 77 the login lacks a right, 78 wrong configuration.";

}  // namespace

void add_import(Command& enroll) {
  auto command = enroll.add("import", help);
  const auto flags = std::make_shared<ImportFlags>();
  command.value("FILE", flags->file, "The file, or - for standard input", {.required = true});
  command.value("--group", flags->group, "Group of the devices for which the file names none",
                {.metavar = "NAME"});
  command.flag("--atomic", flags->atomic,
               "Enrol all in one transaction (default: a transaction for every 20,000 lines)");
  command.flag("--check", flags->check, "Check the file and list its errors; enrol no device");
  add_config_flag(command, flags->config_file);
  add_database_flag(command, flags->database_url, "LATCHKEY_DB_URL");
  command.flag("--json", flags->json, "Print a JSON object on stdout");
  command.footer(footer);
  command.does([flags] { return import_devices(*flags); });
}

}  // namespace latchkey::cli
