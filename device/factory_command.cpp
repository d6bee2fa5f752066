#include "base/exit_code.hpp"
#include "base/progress.hpp"
#include "device/command.hpp"
#include "device/factory.hpp"
#include "device/flags.hpp"
#include "protocol/device_id.hpp"
#include "protocol/limits.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <utility>

namespace latchkey::device {
namespace {

struct FactoryFlags {
  std::string group;
  std::string ids_file;
  std::size_t count = 0;
  std::string pattern;
  std::size_t first = 1;
  std::string key_file;
  std::string ca_file;
  std::string ca_key_file;
  bool makes_tokens = false;
  std::string folder;
  bool has_nvs = false;
  bool json = false;
};

Checked<std::vector<std::string>> find_ids(const FactoryFlags& flags) {
  if (flags.ids_file.empty()) {
    auto ids = numbered_ids(flags.pattern, flags.first, flags.count);
    if (!ids) return usage("--pattern: " + ids.error());
    return *std::move(ids);
  }
  auto ids = read_ids(flags.ids_file);
  if (!ids) return bad_data(ids.error());
  return *std::move(ids);
}

Checked<FactoryProof> find_proof(const FactoryFlags& flags) {
  namespace limits = protocol::limits;
  if (flags.makes_tokens) return FactoryTokens{};
  if (!flags.key_file.empty()) {
    auto key = crypto::read_key_file(flags.key_file, limits::key_min_bytes, limits::key_max_bytes);
    if (!key) return bad_data(key.error().what);
    return DerivedKeys{*std::move(key)};
  }
  auto ca = crypto::load_identity(flags.ca_file, flags.ca_key_file);
  if (!ca) return bad_data(ca.error().what);
  if (!ca->certificate.is_ca()) return bad_data(flags.ca_file + " is not the certificate of a CA");
  return FactoryCertificates{crypto::Issuer(*std::move(ca))};
}

Checked<FactoryOrder> read_order(const FactoryFlags& flags) {
  if (const auto fault = protocol::fault_of_id(flags.group); !fault.empty())
    return usage("'" + flags.group + "' is not the name of a group: " + fault);
  if (flags.ids_file.empty() == flags.pattern.empty()) return usage("--count and --pattern go together");
  if (flags.ca_file.empty() != flags.ca_key_file.empty())
    return usage("--ca-file and --ca-key-file go together");
  auto ids = find_ids(flags);
  if (!ids) return std::unexpected(std::move(ids).error());
  auto proof = find_proof(flags);
  if (!proof) return std::unexpected(std::move(proof).error());
  return FactoryOrder{.group = flags.group,
                      .ids = *std::move(ids),
                      .proof = *std::move(proof),
                      .folder = flags.folder,
                      .has_nvs = flags.has_nvs};
}

void announce(const FactoryTotals& totals, bool as_json) {
  if (as_json) {
    std::cout << nlohmann::json{{"made", totals.made},
                                {"kept", totals.kept},
                                {"devices", totals.devices.string()}}
              << '\n';
    return;
  }
  remark(std::to_string(totals.made) + " devices made, " + std::to_string(totals.kept) +
         " were made before; to enrol them: latchkey enroll import " + totals.devices.string());
}

int run_factory(const FactoryFlags& flags) {
  const auto order = read_order(flags);
  if (!order) {
    remark(order.error().what);
    return order.error().exit_code;
  }
  const auto totals = [&] {
    Progress progress;
    return make_devices(*order, [&](std::size_t done) {
      progress.show("devices made", static_cast<std::int64_t>(done),
                    static_cast<std::int64_t>(order->ids.size()));
    });
  }();
  if (!totals) {
    remark(totals.error());
    return exit_code::bad_data;
  }
  announce(*totals, flags.json);
  return exit_code::ok;
}

constexpr const char* help =
    "Make what a production line puts into its devices: a folder for each device with its key, or its\n"
    "private key and certificate, or its token; and the file that enrols them. Run it again after an\n"
    "interruption, with the same flags: a device that is made keeps its proof.";

constexpr const char* footer =
    "In DIR it writes devices.csv for `latchkey enroll import`, and for each device a folder with the\n"
    "device's name, which has mode 0700, and the files 0600:\n"
    "  --key-file  key                           the flag --key-file of `provision` and `run`\n"
    "  --ca-file   private-key.pem, certificate.pem   --private-key-file, --certificate-file\n"
    "  --tokens    token                         --token-file\n"
    "  --nvs       nvs.csv besides, with the namespace latchkey: device_id, group, and key (32 bytes), or\n"
    "              private_key (32 bytes) and certificate (DER), or token\n"
    "The folder may be the device's --dir too. A certificate ends when its CA does.\n"
    "\n"
    "Examples:\n"
    "  latchkey enroll group meters --generate-key meters.key --admission allow_list\n"
    "  latchkey-device factory --group meters --key-file meters.key \\\n"
    "    --count 10000 --pattern 'meter-#####' --out made\n"
    "  latchkey enroll import made/devices.csv\n"
    "  latchkey-device provision meter-00001 --group meters --key-file made/meter-00001/key \\\n"
    "    --dir made/meter-00001\n"
    "\n"
    "Exit codes: 0 made, 64 wrong flags, 65 a file or folder is unusable, or belongs to another order.";

void add_flags(Command& command, FactoryFlags& flags) {
  command.value("--group", flags.group, "Enrolment group of the devices", {.required = true});
  auto ids = command.alternatives("Devices", "Exactly one of:");
  ids.value("--ids", flags.ids_file, "File with the devices' ids, one a line", {.metavar = "FILE"});
  ids.value("--count", flags.count, "Number of devices, whose ids --pattern makes",
            {.within = Bounds{1, 1'000'000}});
  command.value("--pattern", flags.pattern,
                "Ids for --count: a run of # becomes the number, with leading zeros: 'meter-#####'");
  command.value("--first", flags.first, "The first number",
                {.within = Bounds{0, 1'000'000'000'000}, .shows_default = true});
  auto proof = command.alternatives("Proof", "Exactly one of:");
  proof.value("--key-file", flags.key_file,
              "The group's key, 32-64 bytes, raw or as one base64 line: devices get keys that are derived\n"
              "from it");
  proof.value("--ca-file", flags.ca_file,
              "The group's CA, PEM: devices get new P-256 keys and certificates of it");
  proof.flag("--tokens", flags.makes_tokens, "Devices get random tokens");
  command.value("--ca-key-file", flags.ca_key_file, "The private key of --ca-file, PEM");
  command.value("--out", flags.folder, "Folder for the devices' folders; created if it is missing",
                {.metavar = "DIR", .required = true});
  command.flag("--nvs", flags.has_nvs,
               "Also write nvs.csv for the NVS partition generator of ESP-IDF into each folder");
  command.flag("--json", flags.json, "Print a JSON object on stdout");
}

}  // namespace

void add_factory_command(Command& root) {
  auto command = root.add("factory", help);
  const auto flags = std::make_shared<FactoryFlags>();
  add_flags(command, *flags);
  command.footer(footer);
  command.does([flags] { return run_factory(*flags); });
}

}  // namespace latchkey::device
