#pragma once

#include "crypto/secret.hpp"
#include "service/broker_http/verdicts.hpp"
#include "service/observability/http/message.hpp"
#include "service/observability/log.hpp"

#include <map>

namespace latchkey::service::broker_http {

/// The members of a body. Each may be a password.
using Members = std::map<std::string, crypto::Secret, std::less<>>;
/// `a=b&c=d`, percent-encoded (RabbitMQ). Nothing if it is not that, or a name comes twice.
[[nodiscard]] std::optional<Members> read_form(std::string_view body);
/// The texts of a JSON object (EMQX); other values count as missing.
[[nodiscard]] std::optional<Members> read_object(std::string_view body);

/// What the broker shows to be answered, and the account that devices without a credential share.
struct Logins {
  const crypto::Secret& token;     ///< empty: none is needed
  std::string bootstrap_username;  ///< empty: the broker decides about it
  const crypto::Secret& bootstrap_password;
};

/// Answers brokers in their own formats (docs/deploy.md). Thread-safe.
class Answers {
 public:
  /// The clock says the time of day, and how old the facts may seem.
  struct Now {
    Seconds time = 0;
    Facts::Clock::time_point steady;
  };
  using Clock = std::function<Now()>;
  /// Older facts are no ground for an answer: each is a denial.
  static constexpr std::chrono::seconds longest_unseen{60};

  /// Called for a device that came with a right credential, but with an id that the broker cannot carry.
  using Unfit = std::function<void(const protocol::DeviceId& id)>;

  /// `logins` are needed for this call only; the others must outlive this. `unfit` may be empty.
  Answers(const Facts& facts, const protocol::Topics& topics, const Logins& logins, Clock clock, Unfit unfit,
          Log& log);
  [[nodiscard]] HttpResponse operator()(const HttpRequest& request) const;

 private:
  /// What the broker asks, with what its format does not change.
  struct Question {
    std::string_view path;
    const Members& members;
    Now now;
  };
  [[nodiscard]] std::optional<std::string_view> path_in(const HttpRequest& request) const;
  [[nodiscard]] bool answers_rabbitmq(const Question& question) const;
  [[nodiscard]] bool lets_in(const Question& question) const;
  [[nodiscard]] bool is_bootstrap(const Question& question) const;
  [[nodiscard]] bool is_bootstrap_password(const Question& question) const;
  /// Of a connection of the bootstrap account, as at the gate: any device id, and that id's own pair.
  [[nodiscard]] bool answers_bootstrap_rabbitmq(const Question& question) const;
  [[nodiscard]] bool answers_bootstrap_emqx(const Question& question) const;
  [[nodiscard]] std::string_view answer_emqx(const Question& question) const;
  [[nodiscard]] bool is_current(const Now& now) const;
  /// False if RabbitMQ cannot carry the id, which the log then says.
  [[nodiscard]] bool carries(const protocol::DeviceId& id, bool has_come) const;

  const Facts& facts_;
  const protocol::Topics& topics_;
  std::optional<crypto::Sha256Digest> token_;
  std::optional<crypto::Sha256Digest> bearer_;
  std::string bootstrap_;
  crypto::Sha256Digest bootstrap_password_{};
  Clock clock_;
  Unfit unfit_;
  Log& log_;
};

}  // namespace latchkey::service::broker_http
