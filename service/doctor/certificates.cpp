#include "service/doctor/doctor.hpp"
#include "service/pki.hpp"

namespace latchkey::service {
namespace {

constexpr std::string_view check = "certificates";
constexpr std::chrono::days soon{30};

constexpr const char* new_signing =
    "have the same anchor issue a new signing certificate, put it in place and restart every replica: "
    "devices need "
    "nothing new";
constexpr const char* new_device_ca =
    "make a new device CA, let the broker trust both, then change pki.device_ca_file and restart every "
    "replica";
constexpr const char* new_anchor =
    "make a new anchor, give devices both by connection.ca_file while the old one still lasts, then sign "
    "under the "
    "new one";

void append(Findings& all, Findings more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<crypto::Certificate> in_file(const std::string& file) {
  if (file.empty()) return {};
  const auto pem = crypto::read_secret_file(file);
  if (!pem) return {};
  return crypto::Certificate::from_pem(pem->view()).value_or(std::vector<crypto::Certificate>());
}

}  // namespace

Findings ends_soon(std::string_view name, std::string_view code, const std::string& which,
                   const crypto::Certificate& certificate, crypto::Time now, const std::string& todo) {
  const auto left = std::chrono::floor<std::chrono::days>(certificate.not_after() - now).count();
  if (certificate.not_after() - now >= soon) return {};
  const std::string when =
      left < 0 ? "has ended" : "ends in " + std::to_string(left) + (left == 1 ? " day" : " days");
  return {problem(name, code, which + " \"" + certificate.common_name() + "\" " + when, todo)};
}

Findings examine_certificates(const Config& config, crypto::Time now) {
  Findings found;
  for (const auto& each : in_file(config.pki.signing_certificate_file))
    append(found,
           ends_soon(check, "signing_certificate_ends", "the signing certificate", each, now, new_signing));
  for (const auto& each : in_file(config.pki.device_ca_file))
    append(found, ends_soon(check, "device_ca_ends", "the device CA", each, now, new_device_ca));
  for (const auto& each : in_file(config.connection.ca_file))
    append(found, ends_soon(check, "anchor_ends", "the anchor", each, now, new_anchor));
  const auto pki = load_pki(config, now);
  if (!pki)
    for (const std::string& complaint : pki.error())
      found.push_back(
          problem(check, "pki_refused", complaint,
                  "`latchkey ca init` shows how they belong together; if all of them are \"not valid yet\" "
                  "or expired, look at this machine's clock"));
  if (found.empty())
    found.push_back(fine(check, "keys and certificates belong together and last more than a month"));
  return found;
}

}  // namespace latchkey::service
