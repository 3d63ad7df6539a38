//! Programs that the build and the set-up need, and how to get the missing ones.

use anyhow::{Result, bail};

use crate::host::Host;

/// The C++ compiler that the `cc` crate takes for torch-sys: `$CXX`, else `c++`.
pub fn cxx(host: &Host) -> Result<String, String> {
    let chosen = host.variable("CXX").and_then(|name| name.to_str());
    // A CXX may carry a wrapper or flags after its name ("ccache g++"): the first word is run.
    let name = chosen.and_then(|text| text.split_whitespace().next()).unwrap_or("c++");
    match (host.find_program(name), chosen) {
        (Some(_), _) => Ok(name.to_owned()),
        (None, Some(_)) => {
            Err(format!("CXX names {name}, which is not on the PATH: correct or unset CXX"))
        }
        (None, None) => Err("no C++ compiler (c++), which the libtorch bindings are built with: \
                             `apt-get install g++`, or your system's package of it"
            .to_owned()),
    }
}

/// Stops before a long download that the build could not use.
///
/// # Errors
///
/// When there is no C++ compiler.
pub fn require_cxx(host: &Host) -> Result<()> {
    match cxx(host) {
        Ok(_) => Ok(()),
        Err(problem) => bail!(problem),
    }
}

/// python3's pip, as `pip 23.2 from …`, or how to get it.
pub fn pip(host: &Host) -> Result<String, String> {
    if host.find_program("python3").is_none() {
        return Err("python3 is not on the PATH: `apt-get install python3 python3-pip`, or your \
                    system's packages of them"
            .to_owned());
    }
    host.ask("python3", &["-m", "pip", "--version"]).ok_or_else(|| {
        "python3 has no pip (`python3 -m pip --version` fails): `apt-get install python3-pip`, or \
         your system's package of it"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    #[test]
    fn a_missing_compiler_names_its_package() {
        let machine = Machine::new();
        assert!(require_cxx(&machine.host()).unwrap_err().to_string().contains("g++"));
        machine.program("c++", "");
        assert!(require_cxx(&machine.host()).is_ok());
    }

    #[test]
    fn the_users_compiler_wins() {
        let machine = Machine::new();
        machine.program("c++", "");
        machine.program("ccache", "");
        assert_eq!(cxx(&machine.host_with("CXX", "ccache clang++")), Ok("ccache".to_owned()));
        let problem = cxx(&machine.host_with("CXX", "clang++")).unwrap_err();
        assert!(problem.contains("CXX names clang++"), "{problem}");
    }

    #[test]
    fn a_python_without_pip_is_told_from_no_python() {
        let machine = Machine::new();
        assert!(pip(&machine.host()).unwrap_err().contains("python3 is not on the PATH"));
        machine.program("python3", "exit 1");
        assert!(pip(&machine.host()).unwrap_err().contains("has no pip"));
        machine.program("python3", "echo pip 24.0");
        assert_eq!(pip(&machine.host()), Ok("pip 24.0".to_owned()));
    }
}
