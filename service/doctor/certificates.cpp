#include "service/config/certificate_ends.hpp"
#include "service/config/pki_files.hpp"
#include "service/doctor/doctor.hpp"

namespace latchkey::service {
namespace {

constexpr std::string_view check = "certificates";
constexpr std::chrono::days soon{30};

void append(Findings& all, Findings more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Findings ends_soon(std::string_view name, std::string_view code, const std::string& which,
                   const crypto::Certificate& certificate, crypto::Time now, const std::string& todo) {
  const auto left = std::chrono::floor<std::chrono::days>(certificate.not_after() - now).count();
  if (certificate.not_after() - now >= soon) return {};
  const std::string when =
      left < 0 ? "has expired" : "ends in " + std::to_string(left) + (left == 1 ? " day" : " days");
  return {problem(name, code, which + " \"" + certificate.common_name() + "\" " + when, todo)};
}

Findings examine_certificates(const Config& config, crypto::Time now) {
  Findings found;
  for (const CertificateEnd& end : certificate_ends(config)) {
    const std::string name(end.name);
    const std::string todo(end.todo);
    if (end.role == "signing")
      append(found, ends_soon(check, "signing_certificate_ends", name, end.certificate, now, todo));
    else if (end.role == "device_ca")
      append(found, ends_soon(check, "device_ca_ends", name, end.certificate, now, todo));
    else
      append(found, ends_soon(check, "anchor_ends", name, end.certificate, now, todo));
  }
  const auto pki = load_pki(config, now);
  if (!pki)
    for (const std::string& complaint : pki.error())
      found.push_back(problem(check, "pki_refused", complaint,
                              "see `latchkey ca init --help` for the files that belong together; if all are "
                              "\"not valid yet\" or expired, check this machine's clock"));
  if (found.empty())
    found.push_back(fine(check, "keys and certificates belong together and are valid for more than a month"));
  return found;
}

}  // namespace latchkey::service
