#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talkbeat {

/// What one guess at a password costs, us and an attacker alike (Argon2id).
struct PasswordCost {
  uint64_t operations = 2;  ///< passes over the memory
  size_t memory_bytes = 16 << 20;
};

/// The hash that the store keeps, libsodium's `$argon2id$…` string, with a fresh salt. `secret` is what clients send
/// (base/wire_password.h), not what was typed. Takes tens of milliseconds and the cost's memory: never on an event
/// loop's thread. Empty where there was no memory. Any thread, as all of these.
///
///   account.password_hash = hash_password(wire_password(typed), {});
///   const bool right = verify_password(account.password_hash, login.password());
std::string hash_password(std::string_view secret, const PasswordCost& cost);

/// What the store keeps for an account that was taken over from TeamTalk: `$teamtalk$SALT$MD5`, where MD5 is that of
/// the secret and the salt, and both are in hexadecimal. Nothing where `md5` is none.
std::optional<std::string> teamtalk_hash(std::string_view md5, std::string_view salt);

/// Knows both kinds. False also for a hash that is none.
bool verify_password(std::string_view hash, std::string_view secret);

/// What the check of a login's password gave.
struct PasswordCheck {
  bool right = false;
  std::string better_hash;  ///< where it was right against an old hash: what the store is to keep instead
};

/// verify_password() for a login, at the cost of one Argon2id whatever the hash is: nobody learns from the time which
/// accounts have an old one, or none. `decoy`: a hash of the same cost, of a password that nobody has.
PasswordCheck check_login_password(std::string_view hash, std::string_view secret, std::string_view decoy,
                                   const PasswordCost& cost);

}  // namespace talkbeat
