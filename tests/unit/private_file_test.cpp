#include "base/private_file.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/options.h"

namespace talkbeat {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr uid_t kRoot = 0;
constexpr uid_t kServer = 990;
constexpr uid_t kStranger = 1'000;
constexpr uid_t kSameOwner = static_cast<uid_t>(-1);  // for chown()

FileFacts file(uid_t owner, mode_t mode) {
  return {.path = "/srv/run/file", .owner = owner, .mode = S_IFREG | mode};
}

std::string refusal(const FileFacts& facts, FileTrust trust, uid_t user = kServer,
                    const std::vector<FileFacts>& directories = {}) {
  const Status status = judge_file(facts, directories, user, trust, "admin key");
  return status.ok() ? "" : status.message();
}

TEST(JudgeFile, a_secret_is_for_its_owner_only_whatever_else_the_mode_says) {
  for (mode_t mode = 0; mode <= 0777; ++mode) {
    const bool private_to_owner = (mode & 077) == 0;
    EXPECT_EQ(refusal(file(kServer, mode), FileTrust::kSecret).empty(), private_to_owner) << std::oct << mode;
  }
  EXPECT_EQ(refusal(file(kServer, 0640), FileTrust::kSecret),
            "/srv/run/file: others can read the admin key; run chmod 600 /srv/run/file");
  EXPECT_THAT(refusal(file(kServer, 0620), FileTrust::kSecret), HasSubstr("others can change"));
}

TEST(JudgeFile, a_secret_that_root_hands_to_another_user_may_be_readable_for_its_group) {
  EXPECT_EQ(refusal(file(kRoot, 0440), FileTrust::kSecret), "");
  EXPECT_EQ(refusal(file(kRoot, 0640), FileTrust::kSecret), "");
  EXPECT_NE(refusal(file(kRoot, 0660), FileTrust::kSecret), "");
  EXPECT_NE(refusal(file(kRoot, 0444), FileTrust::kSecret), "");
  EXPECT_NE(refusal(file(kRoot, 0640), FileTrust::kSecret, kRoot), "");
}

TEST(JudgeFile, settings_may_be_read_but_not_changed_by_others) {
  for (mode_t mode = 0; mode <= 0777; ++mode) {
    EXPECT_EQ(refusal(file(kServer, mode), FileTrust::kSettings).empty(), (mode & 022) == 0) << std::oct << mode;
  }
  EXPECT_EQ(refusal(file(kServer, 0664), FileTrust::kSettings),
            "/srv/run/file: others can change the admin key; run chmod go-w /srv/run/file");
}

TEST(JudgeFile, a_file_belongs_to_the_servers_user_or_to_root) {
  for (const FileTrust trust : {FileTrust::kSecret, FileTrust::kSettings}) {
    EXPECT_EQ(refusal(file(kServer, 0600), trust), "");
    EXPECT_EQ(refusal(file(kRoot, 0600), trust), "");
    EXPECT_THAT(refusal(file(kStranger, 0600), trust), HasSubstr("; run chown 990 /srv/run/file"));
    EXPECT_THAT(refusal(file(kStranger, 0600), trust, kRoot), HasSubstr("root (uid 0) relies on it"));
  }
}

TEST(JudgeFile, a_directory_that_all_may_write_to_lets_them_exchange_the_file_but_for_the_sticky_bit) {
  const auto directory = [](mode_t mode) {
    return std::vector<FileFacts>{{.path = "/srv", .owner = kRoot, .mode = S_IFDIR | 0755u},
                                  {.path = "/srv/run", .owner = kStranger, .mode = S_IFDIR | mode}};
  };
  for (const FileTrust trust : {FileTrust::kSecret, FileTrust::kSettings}) {
    EXPECT_EQ(refusal(file(kServer, 0600), trust, kServer, directory(0755)), "");
    EXPECT_EQ(refusal(file(kServer, 0600), trust, kServer, directory(01777)), "");
    EXPECT_EQ(refusal(file(kServer, 0600), trust, kServer, directory(0777)),
              "/srv/run/file: anybody can put another admin key in its place, since /srv/run is writable for "
              "everybody; run chmod o-w /srv/run");
  }
}

TEST(JudgeFile, a_link_on_the_way_belongs_to_the_servers_user_or_to_root) {
  const auto link = [](uid_t owner) {
    return std::vector<FileFacts>{{.path = "/srv", .owner = kRoot, .mode = S_IFDIR | 0755u},
                                  {.path = "/srv/now", .owner = owner, .mode = S_IFLNK | 0777u}};
  };
  for (const FileTrust trust : {FileTrust::kSecret, FileTrust::kSettings}) {
    EXPECT_EQ(refusal(file(kServer, 0600), trust, kServer, link(kServer)), "");
    EXPECT_EQ(refusal(file(kServer, 0600), trust, kServer, link(kRoot)), "");
    EXPECT_THAT(refusal(file(kServer, 0600), trust, kServer, link(kStranger)),
                HasSubstr("who could point it elsewhere; run chown -h 990 /srv/now"));
  }
}

TEST(JudgeFile, root_is_told_that_it_may_as_well_be_the_user_whose_files_they_are) {
  EXPECT_THAT(refusal(file(54'321, 0600), FileTrust::kSettings, kRoot),
              HasSubstr("; run chown 0 /srv/run/file, or start the server as uid 54321"));
  EXPECT_THAT(refusal(file(54'321, 0600), FileTrust::kSettings), Not(HasSubstr("start the server")));
}

// Whether the user's own group has his name and nobody else in it, by the system's lists: so for most users on Debian,
// and for root; Fedora has three accounts in root's.
bool is_alone_in_own_group(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  if (entry == nullptr) return false;
  const std::string name = entry->pw_name;
  const gid_t own = entry->pw_gid;
  bool alone = true;
  ::setpwent();
  while (const passwd* user = ::getpwent()) alone = alone && (user->pw_gid != own || user->pw_uid == uid);
  ::endpwent();
  const group* found = ::getgrgid(own);
  if (found == nullptr || found->gr_name != name) return false;
  for (char** member = found->gr_mem; *member != nullptr; ++member) alone = alone && *member == name;
  return alone;
}

// Groups that are not this user's own, and to which he may give his files: root may use any.
std::vector<gid_t> other_groups() {
  if (::geteuid() == 0) {
    constexpr gid_t kUnknown = 54'321;
    const passwd* nobody = ::getpwnam("nobody");
    return nobody == nullptr ? std::vector{kUnknown} : std::vector{nobody->pw_gid, kUnknown};
  }
  std::vector<gid_t> groups(static_cast<size_t>(std::max(0, ::getgroups(0, nullptr))));
  groups.resize(static_cast<size_t>(std::max(0, ::getgroups(static_cast<int>(groups.size()), groups.data()))));
  const passwd* user = ::getpwuid(::geteuid());
  std::erase_if(groups, [user](gid_t group) { return user != nullptr && group == user->pw_gid; });
  return groups;
}

class RealFile : public testing::Test {
 protected:
  RealFile() {
    std::string name = testing::TempDir() + "private-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ / "inner/secret";
    std::filesystem::create_directory(directory_ / "inner");
    std::ofstream(path_) << "[client]\nlimit = 7\n";
    set_mode(path_, 0600);
  }
  ~RealFile() override { std::filesystem::remove_all(directory_); }

  static void set_mode(const std::filesystem::path& path, mode_t mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0); }
  std::string read() const {
    const auto text = read_secret_file(path_, 100, "admin key");
    return text.ok() ? text.value() : text.message();
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(RealFile, is_read_where_nobody_else_can) {
  EXPECT_EQ(read(), "[client]\nlimit = 7\n");
  set_mode(path_, 0604);
  EXPECT_THAT(read(), HasSubstr("others can read the admin key"));
}

TEST_F(RealFile, that_is_not_there_yet_is_refused_where_others_could_put_another_one) {
  const std::filesystem::path store = directory_ / "talkbeat.db";
  EXPECT_TRUE(check_file(store, FileTrust::kSettings, "store").ok());
  set_mode(directory_, 0777);
  EXPECT_FALSE(check_file(store, FileTrust::kSettings, "store").ok());
}

TEST_F(RealFile, is_refused_where_any_directory_above_it_is_open_to_all) {
  set_mode(directory_, 0777);
  EXPECT_THAT(read(), HasSubstr("since " + directory_.string() + " is writable"));
  EXPECT_FALSE(check_file(path_, FileTrust::kSettings, "configuration").ok());
  set_mode(directory_, 01777);
  EXPECT_EQ(read(), "[client]\nlimit = 7\n");
}

TEST_F(RealFile, is_judged_by_the_directories_of_a_link_and_of_what_it_points_to) {
  std::filesystem::create_directory(directory_ / "links");
  std::filesystem::create_symlink(path_, directory_ / "links/secret");
  path_ = directory_ / "links/secret";
  EXPECT_EQ(read(), "[client]\nlimit = 7\n");
  set_mode(directory_ / "inner", 0777);
  EXPECT_THAT(read(), HasSubstr("/inner is writable"));
  set_mode(directory_ / "inner", 0700);
  set_mode(directory_ / "links", 0777);
  EXPECT_THAT(read(), HasSubstr("/links is writable"));
}

TEST_F(RealFile, is_judged_by_each_link_on_the_way_and_where_that_link_lies) {
  const auto link = [this](const std::string& target, const std::string& name) {
    std::filesystem::create_directories((directory_ / name).parent_path());
    std::filesystem::create_symlink(target, directory_ / name);
  };
  link("../second/place", "first/place");  // first/place -> second/place -> inner
  link(directory_ / "inner", "second/place");
  path_ = directory_ / "first/./place/secret";
  EXPECT_EQ(read(), "[client]\nlimit = 7\n");
  for (const char* name : {"first", "second", "inner"}) {
    set_mode(directory_ / name, 0777);
    EXPECT_THAT(read(), HasSubstr(std::string("/") + name + " is writable"));
    set_mode(directory_ / name, 0755);
  }
  EXPECT_EQ(read(), "[client]\nlimit = 7\n");
  // Only root can give a link away. For anybody else root's own are those that are not his, and are relied upon.
  const std::string place = directory_ / "second/place";
  const bool given = ::lchown(place.c_str(), kStranger, kStranger) == 0;
  EXPECT_EQ(given, ::geteuid() == 0);
  EXPECT_THAT(read(), given ? HasSubstr("run chown -h 0 " + place) : HasSubstr("limit = 7"));
  EXPECT_TRUE(check_file("/proc/self/status", FileTrust::kSettings, "configuration").ok()) << "by a link of root's";
}

TEST_F(RealFile, behind_links_that_lead_in_a_circle_is_not_there) {
  std::filesystem::create_symlink("b", directory_ / "a");
  std::filesystem::create_symlink("a", directory_ / "b");
  path_ = directory_ / "a/secret";
  EXPECT_THAT(read(), HasSubstr("cannot be read"));
  EXPECT_TRUE(check_file(path_, FileTrust::kSettings, "configuration").ok());
}

TEST_F(RealFile, of_settings_may_be_writable_for_a_group_only_where_nobody_else_is_in_it) {
  const auto check = [this] { return check_file(path_, FileTrust::kSettings, "configuration").message(); };
  set_mode(path_, 0666);
  EXPECT_THAT(check(), HasSubstr("others can change"));
  set_mode(path_, 0664);
  const passwd* user = ::getpwuid(::geteuid());
  if (user != nullptr) ASSERT_EQ(::chown(path_.c_str(), kSameOwner, user->pw_gid), 0);
  if (is_alone_in_own_group(::geteuid())) {
    EXPECT_EQ(check(), "");
  } else {
    EXPECT_THAT(check(), HasSubstr("others can change the configuration; run chmod go-w"));
  }
  EXPECT_THAT(read(), HasSubstr("others can read the admin key")) << "secrets are for their owner alone";
  set_mode(path_, 0620);
  EXPECT_THAT(read(), HasSubstr("others can change the admin key"));
  set_mode(path_, 0664);
  for (const gid_t group : other_groups()) {
    ASSERT_EQ(::chown(path_.c_str(), kSameOwner, group), 0);
    EXPECT_THAT(check(), HasSubstr("others can change the configuration; run chmod go-w")) << "group " << group;
  }
}

// Only root can give a file away. For anybody else root's is the one that is not his own and is relied upon.
TEST_F(RealFile, of_a_stranger_is_refused_and_of_root_is_not) {
  EXPECT_TRUE(check_file("/etc/passwd", FileTrust::kSettings, "configuration").ok());
  const bool given = ::chown(path_.c_str(), kStranger, kStranger) == 0;
  EXPECT_EQ(given, ::geteuid() == 0);
  EXPECT_EQ(check_file(path_, FileTrust::kSettings, "configuration").ok(), !given);
  EXPECT_THAT(read(), given ? HasSubstr("; run chown 0 ") : HasSubstr("limit = 7"));
}

TEST_F(RealFile, that_is_none_is_no_secret) {
  std::filesystem::remove(path_);
  EXPECT_EQ(read(), path_.string() + ": there is no such file with the admin key");
  EXPECT_TRUE(check_file(path_, FileTrust::kSecret, "admin key").ok());
  std::filesystem::create_directory(path_);
  EXPECT_THAT(read(), HasSubstr("regular file"));
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);  // nobody ever writes into it
  EXPECT_THAT(read(), HasSubstr("regular file"));
}

TEST_F(RealFile, longer_than_any_secret_is_read_as_far_as_tells_it) {
  std::ofstream(path_) << std::string(100'000, 'k');
  EXPECT_EQ(read(), std::string(101, 'k'));
}

TEST_F(RealFile, secrets_that_settings_name_are_all_looked_at) {
  const SecretFile there{"admin.key_file", path_, "admin key", ""};
  const SecretFile missing{"cluster.key_file", directory_ / "cluster.key", "cluster key", "tools/start.sh makes one"};
  EXPECT_TRUE(check_secrets({there, {"push.secret_file", "", "push gateway's key", ""}}, false).ok());
  EXPECT_TRUE(check_secrets({there, missing}, true).ok());
  EXPECT_EQ(
      check_secrets({there, missing}, false).message(),
      "cluster.key_file: " + missing.path + ": there is no such file with the cluster key; tools/start.sh makes one");
  set_mode(path_, 0644);
  EXPECT_THAT(check_secrets({missing, there}, true).message(), HasSubstr("others can read the admin key"));
}

TEST_F(RealFile, of_settings_is_refused_at_the_start_and_when_it_is_read_again) {
  int limit = 10;
  OptionTable table;
  table.section("client", "Clients");
  table.integer("limit", limit, {1, 100}, "connections", "How many.").reloadable();
  set_mode(path_, 0646);
  EXPECT_THAT(table.load(path_).message(), StartsWith(path_.string() + ": others can change the configuration"));
  set_mode(path_, 0644);
  ASSERT_TRUE(table.load(path_).ok());
  EXPECT_EQ(limit, 7);
  std::ofstream(path_) << "[client]\nlimit = 8\n";
  set_mode(path_, 0666);
  EXPECT_FALSE(table.reload().ok());
  EXPECT_EQ(limit, 7);
}

}  // namespace
}  // namespace talkbeat
