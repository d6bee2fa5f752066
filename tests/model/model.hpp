#pragma once

#include "model/step.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a device, its generations, its session and its answers may be (docs/protocol.md, docs/guarantees.md),
// without keys, bytes and a database.
namespace latchkey::model {

enum class State { off, registered, connected, ready, suspended, revoked };
enum class Status { issued, active, retired, revoked };

struct Generation {
  Status status = Status::issued;
  int request = 0;
  int key = 0;
  [[nodiscard]] bool live() const { return status == Status::issued || status == Status::active; }
};

struct Session {
  int name = 0;
  int generation = 0;
  bool online = true;
  std::vector<int> ended;  ///< those that ended before it, the newest first
};

/// The answer to a request.
struct Answer {
  std::string kind;  ///< as in the ledger: decision, and code
  int generation = 0;
  bool registers = false;
  [[nodiscard]] bool is_accepted() const { return kind == "accepted"; }
  [[nodiscard]] bool is_repeated() const { return kind == "repeated"; }
};

/// All that is known of one device.
class Device {
 public:
  explicit Device(bool may_reprovision) : may_reprovision_(may_reprovision) {}

  /// A request, a status or an acknowledgement that a replica loaded when the device was as `loaded`, and
  /// that it commits now.
  void take(const Step& step, const Device& loaded);
  /// Whether the operator's act is accepted.
  bool act(const Step& step);

  /// As `Real::shown` shows it.
  [[nodiscard]] std::string shown() const;
  /// What the guarantees say at any time; empty: it holds.
  [[nodiscard]] std::string broken() const;

 private:
  [[nodiscard]] int newest() const { return static_cast<int>(generations_.size()); }
  [[nodiscard]] bool has_live(int generation) const;
  [[nodiscard]] bool is_able() const { return state_ != State::suspended && state_ != State::revoked; }
  [[nodiscard]] bool takes_statuses() const;
  [[nodiscard]] bool is_open(int session) const {
    return session_ && session_->online && session_->name == session;
  }
  /// The version that its configuration has, once it is computed.
  [[nodiscard]] int version_now() const { return told_ && *told_ != config_ ? version_ + 1 : version_; }
  [[nodiscard]] bool is_as(const Device& loaded) const;
  [[nodiscard]] bool is_late(const Step& connected) const;

  [[nodiscard]] Answer answer_to(const Step& request) const;
  [[nodiscard]] Answer repeat_of(int generation, const Step& request) const;
  [[nodiscard]] bool stands(const Answer& answer, const Device& loaded) const;
  void request(const Step& step, const Device& loaded);
  void issue(const Step& request, const Answer& answer, const Device& by);

  /// Nothing: the status does not count.
  [[nodiscard]] std::optional<State> next(const Step& status) const;
  [[nodiscard]] bool status_stands(const Step& status, const Device& loaded) const;
  void status(const Step& step, const Device& loaded);
  void connect(const Step& step);
  void open(const Step& connected);

  void change(State next);
  void end_credentials();
  void compute_config(const Device& by);

  bool may_reprovision_;
  bool known_ = false;  ///< it has a row
  bool enabled_ = true;
  bool decommissioned_ = false;
  State state_ = State::off;
  State before_suspension_ = State::off;
  std::vector<Generation> generations_;
  int registered_with_ = 0;  ///< the generation of its registration
  int confirmed_ = 0;
  bool sent_ = false;
  int config_ = 0;
  int config_acts_ = 0;
  std::optional<int> told_;       ///< the configuration of `version_`
  std::optional<int> told_acts_;  ///< `config_acts_` at that time
  int version_ = 1;
  int applied_ = 0;
  std::optional<Session> session_;
  std::string events_;  ///< the changes of its state (G9)
  std::vector<std::string> ledger_;
  std::vector<std::vector<int>> handed_over_ = {{}, {}};  ///< generations given to the broker, by replica
};

}  // namespace latchkey::model
