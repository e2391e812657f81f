// Servers rely on their keys and settings only where nobody else may change them, and keys only where nobody else may
// read them; what they make themselves is not for others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/wire_password.h"
#include "tests/scenario/cluster.h"
#include "tests/unit/tls_fixture.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kAll = fs::perms::all;
constexpr auto kOwner = fs::perms::owner_read | fs::perms::owner_write;

/// What a server would be started with: each of its files can be spoilt.
class Trust : public testing::Test {
 protected:
  Trust() {
    for (const char* key : {"cluster.key", "admin.key"}) write(key, std::string(64, 'a') + "\n");
    write("push.secret", "0123456789abcdef\n");
    write("login_server.toml", "[cluster]\nkey_file = \"" + path("cluster.key") + "\"\n");
    write("msg_server.toml", "[cluster]\nkey_file = \"" + path("cluster.key") + "\"\n[admin]\nkey_file = \"" +
                                 path("admin.key") + "\"\n[push]\nurl = \"http://127.0.0.1:9/\"\nsecret_file = \"" +
                                 path("push.secret") + "\"\n[store]\npath = \"" + path("talkbeat.db") + "\"\n");
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(path(name)) << text;
    fs::permissions(path(name), kOwner);
  }
  std::string path(const std::string& name) const { return directory_.path() / name; }

  // Checked only, so that one that wrongly accepts what it is given does not stay and run.
  Outcome check(const std::string& program) const {
    return run({programs() / program, "--config", path(program + ".toml"), "--check-config"});
  }
  Outcome start(const std::string& program) const {
    return run({programs() / program, "--config", path(program + ".toml"), "--set", "client.listen=127.0.0.1:0"}, 20s);
  }
  static void expect_refusal(const Outcome& outcome, const std::string& why) {
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(outcome.out, "");
  }

  ScratchDirectory directory_;
};

TEST_F(Trust, a_key_that_others_can_read_is_refused_by_name_with_what_to_do) {
  for (const std::string program : {"login_server", "msg_server"}) EXPECT_EQ(check(program).exit_code, 0);
  struct Key {
    std::string program;
    std::string name;
    std::string what;
  };
  for (const Key& key :
       {Key{"login_server", "cluster.key", "cluster key"}, Key{"msg_server", "cluster.key", "cluster key"},
        Key{"msg_server", "admin.key", "admin key"}, Key{"msg_server", "push.secret", "push gateway's key"}}) {
    fs::permissions(path(key.name), fs::perms::group_read, fs::perm_options::add);
    expect_refusal(check(key.program), "others can read the " + key.what + "; run chmod 600 " + path(key.name));
    expect_refusal(start(key.program), "others can read the " + key.what + "; run chmod 600 " + path(key.name));
    fs::permissions(path(key.name), kOwner);
  }
}

TEST_F(Trust, a_key_that_is_not_there_is_one_line_and_exit_code_2) {
  for (const std::string name : {"cluster.key", "admin.key", "push.secret"}) {
    fs::rename(path(name), path("aside"));
    expect_refusal(start("msg_server"), path(name) + ": there is no such file");
    fs::rename(path("aside"), path(name));
  }
}

TEST_F(Trust, a_tls_key_is_a_secret_like_the_others_and_a_certificate_has_to_be_one) {
  const TlsFiles files;
  for (const std::string program : {"login_server", "msg_server"}) {
    std::ofstream(path(program + ".toml"), std::ios::app)
        << "[tls]\ncertificate = \"" << path("server.pem") << "\"\nkey = \"" << path("server.key") << "\"\n";
    fs::copy_file(files.certificate(), path("server.pem"), fs::copy_options::overwrite_existing);
    write("server.key", contents(files.key()));
    EXPECT_EQ(check(program).exit_code, 0);
    fs::permissions(path("server.key"), fs::perms::group_read, fs::perm_options::add);
    expect_refusal(check(program), "tls.key: " + path("server.key") + ": others can read the TLS key; run chmod 600");
    expect_refusal(start(program), "others can read the TLS key");
    fs::remove(path("server.key"));
    expect_refusal(start(program), path("server.key") + ": there is no such file with the TLS key");
    write("server.key", "no key");
    expect_refusal(start(program), "does not serve");
    write("server.pem", "no certificate");
    expect_refusal(start(program), "is none");
  }
}

TEST_F(Trust, settings_that_others_can_change_are_refused) {
  for (const std::string program : {"login_server", "msg_server"}) {
    fs::permissions(path(program + ".toml"), fs::perms::others_write, fs::perm_options::add);
    expect_refusal(check(program), "others can change the configuration; run chmod go-w " + path(program + ".toml"));
    expect_refusal(start(program), "others can change the configuration");
  }
}

TEST_F(Trust, a_directory_where_anybody_can_exchange_files_is_refused) {
  fs::permissions(directory_.path(), kAll);
  expect_refusal(check("msg_server"), directory_.path().string() + " is writable for everybody; run chmod o-w");
  fs::permissions(directory_.path(), kAll | fs::perms::sticky_bit);
  EXPECT_EQ(check("msg_server").exit_code, 0);
}

// Only root can give files away. Anybody else shows what the server makes of files that are root's and not its own: it
// relies on them (who else is a stranger to it is in tests/unit/private_file_test.cpp).
TEST_F(Trust, files_belong_to_the_servers_user_or_to_root_and_those_of_a_stranger_are_refused) {
  for (const std::string name : {"msg_server.toml", "admin.key"}) {
    if (geteuid() == 0) {
      ASSERT_EQ(chown(path(name).c_str(), 12'345, 0), 0);
      expect_refusal(check("msg_server"), "belongs to uid 12345");
      ASSERT_EQ(chown(path(name).c_str(), 0, 0), 0);
    } else {
      EXPECT_NE(chown(path(name).c_str(), 12'345, 0), 0);
      fs::remove(path(name));
      fs::create_symlink("/etc/passwd", path(name));
      EXPECT_THAT(check("msg_server").err, testing::Not(HasSubstr("belongs to")));
    }
  }
}

TEST_F(Trust, a_store_that_others_can_change_is_refused) {
  write("talkbeat.db", "");
  fs::permissions(path("talkbeat.db"), fs::perms::others_write, fs::perm_options::add);
  expect_refusal(start("msg_server"), "others can change the store; run chmod go-w " + path("talkbeat.db"));
}

TEST(TrustedCluster, what_a_cluster_writes_is_not_for_other_users) {
  Cluster cluster;
  for (const auto& entry : fs::recursive_directory_iterator(cluster.directory())) {
    const auto relative = fs::relative(entry.path(), cluster.directory()).string();
    if (entry.is_directory() || relative.starts_with("conf/") || relative.ends_with(".conf")) continue;
    const auto open_to = entry.status().permissions() & (fs::perms::others_all | fs::perms::group_write);
    EXPECT_EQ(open_to, fs::perms::none) << relative;
  }
}

// Everything that is written where others than the server's user may read it.
std::string all_that_is_said(const Cluster& cluster) {
  std::string said;
  for (const auto& entry : fs::directory_iterator(cluster.directory() / "log")) said += contents(entry.path());
  for (const std::string name : {"login_server_0", "msg_server_0"}) {
    for (const char* page : {"/healthz", "/metrics", "/api/cluster"}) said += cluster.get(name, page).body;
    said += run({programs() / name.substr(0, name.size() - 2), "--print-config"}).out;
    said += contents("/proc/" + std::to_string(cluster.pid(name)) + "/cmdline");
  }
  const std::vector<std::vector<std::string>> commands{
      {"status"}, {"user", "list", "--json"}, {"why", "alice"}, {"online"}, {"--json", "status"}};
  for (const auto& command : commands) {
    const Outcome outcome = cluster.talkctl(command);
    said += outcome.out + outcome.err;
  }
  return said;
}

TEST(TrustedCluster, no_key_password_token_or_message_is_said_anywhere) {
  Cluster cluster({.msg_servers = 1, .settings = {"log.level=debug"}, .users = {"alice", "bob"}});
  const auto chat = [&](const std::string& password, const std::vector<std::string>& more) {
    std::vector<std::string> all{programs() / "talkchat",
                                 "--login",
                                 "127.0.0.1:" + std::to_string(cluster.client_port("login_server_0")),
                                 "--user",
                                 "alice",
                                 "--password",
                                 password};
    all.insert(all.end(), more.begin(), more.end());
    return run(all).exit_code;
  };
  EXPECT_EQ(chat(std::string(kPassword), {"send", "--to", "bob", "the-text-of-a-message"}), 0);
  EXPECT_NE(chat("a-wrong-guess", {"send", "--to", "bob", "the-text-of-a-message"}), 0);
  WireClient alice(cluster.client_port("msg_server_0"));
  const std::string token = alice.log_in("alice").session_token();
  const std::string said = all_that_is_said(cluster);
  EXPECT_THAT(said, HasSubstr("login_refused"));
  EXPECT_THAT(said, HasSubstr("alice"));
  for (const std::string& secret : {contents(cluster.directory() / "cluster.key").substr(0, 64),
                                    contents(cluster.directory() / "admin.key").substr(0, 64), wire_password(kPassword),
                                    wire_password("a-wrong-guess"), std::string("a-wrong-guess"),
                                    std::string("the-text-of-a-message"), token, std::string("$argon2")}) {
    ASSERT_GE(secret.size(), 7u);
    EXPECT_EQ(said.find(secret), std::string::npos) << secret;
  }
}

TEST(TrustedCluster, passwords_need_not_stand_on_a_command_line) {
  Cluster cluster({.msg_servers = 1, .settings = {}, .users = {}});
  const std::string file = cluster.directory() / "password";
  std::ofstream(file) << "from a file\n";
  EXPECT_EQ(cluster.talkctl({"user", "add", "carol", "--password-file", file}).exit_code, 0);
  const std::string login = "127.0.0.1:" + std::to_string(cluster.client_port("login_server_0"));
  const auto groups = [&](const std::string& option, const std::string& value) {
    return run({programs() / "talkchat", "--login", login, "--user", "carol", option, value, "groups"}).exit_code;
  };
  EXPECT_EQ(groups("--password-file", file), 0);
  EXPECT_EQ(groups("--password", "from a file"), 0);
  EXPECT_EQ(groups("--password-file", file + ".none"), 2);
  EXPECT_EQ(cluster.talkctl({"user", "passwd", "carol", "--password-file", file + ".none"}).exit_code, 2);
  EXPECT_EQ(cluster.talkctl({"user", "passwd", "carol"}).exit_code, 2);
}

TEST(TrustedCluster, a_server_that_runs_as_root_says_so_once_and_another_one_never) {
  Cluster cluster({.msg_servers = 1, .settings = {}, .users = {}});
  for (const std::string name : {"login_server_0", "msg_server_0"}) {
    const std::string log = cluster.log_of(name);
    const size_t first = log.find("warn  running_as_root");
    EXPECT_EQ(first != std::string::npos, geteuid() == 0) << log;
    if (geteuid() != 0) continue;
    EXPECT_EQ(log.find("running_as_root", first + 10), std::string::npos);
  }
}

TEST(TrustedCluster, start_sh_makes_nothing_that_others_can_change_whatever_the_umask) {
  ScratchDirectory directory;
  const PortBlock ports;
  const std::string run_dir = directory.path() / "run";
  const std::string script = (source_directory() / "tools/start.sh").string() + " --dir " + run_dir + " --bin " +
                             programs().string() + " --port-base " + std::to_string(ports.base()) +
                             " --msg-servers 1 --timeout 60";
  const Outcome started = run({"/bin/bash", "-c", "umask 000; exec " + script});
  EXPECT_EQ(started.exit_code, 0) << started.err;
  for (const auto& entry : fs::recursive_directory_iterator(directory.path())) {
    const auto writable = entry.status().permissions() & (fs::perms::others_write | fs::perms::group_write);
    EXPECT_EQ(writable, fs::perms::none) << entry.path();
  }
  EXPECT_EQ(run({source_directory() / "tools/stop.sh", "--dir", run_dir, "--now"}).exit_code, 0);
}

}  // namespace
}  // namespace talkbeat::scenario
