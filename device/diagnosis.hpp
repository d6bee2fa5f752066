#pragma once

#include "mqtt/link.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::device {

/// Says why there is no connection, and what has to be looked at: the link's library has one text for most.
class Diagnosis {
 public:
  /// What a person looks at.
  struct Places {
    std::string_view url;    ///< where host and port come from
    std::string_view ca;     ///< where the broker's CA comes from
    std::string_view login;  ///< where account and password, or the certificate, come from
  };
  static constexpr Places of_bootstrap{"--bootstrap-url", "--server-ca-file",
                                       "--bootstrap-user and --bootstrap-password-file"};
  static constexpr Places of_operation{"what the service said in its answer",
                                       "the CA in the service's answer",
                                       "the device's state in the registry"};

  explicit Diagnosis(const Places& places) : places_(places) {}

  /// An attempt failed with the link's `reason`. It may take seconds, since the broker is looked at anew;
  /// nothing where that was done a moment ago.
  [[nodiscard]] std::optional<std::string> of(const std::string& url, const std::string& ca_file,
                                              std::string_view reason);

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] std::string look(const std::string& url, const std::string& ca_file,
                                 std::string_view reason) const;

  const Places& places_;
  std::optional<Clock::time_point> looked_at_;
};

}  // namespace latchkey::device
