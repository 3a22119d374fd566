@echo off
rem Double-click it. The first time it makes a place of its own for the program, which takes a minute or two; then it opens the import
rem in your browser. Nothing else on this computer is changed; to remove it, delete the folder that it names.
setlocal EnableExtensions
set "HERE=%~dp0"
set "HOME_OF_IT=%LOCALAPPDATA%\highlevel-importer"
set "PROGRAM=%HOME_OF_IT%\program"

set "SOURCE=highlevel-importer"
if exist "%HERE%..\..\pyproject.toml" set "SOURCE=%HERE%..\.."
for %%W in ("%HERE%highlevel_importer-*.whl") do set "SOURCE=%%~fW"

set "KNOWN="
if exist "%PROGRAM%\installed-from" set /p KNOWN=<"%PROGRAM%\installed-from"
if exist "%PROGRAM%\Scripts\importer.exe" if "%KNOWN%"=="%SOURCE%" goto start

py -3 -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>nul
if errorlevel 1 (
    echo Python 3.11 or newer is needed. Get it at https://www.python.org/downloads/ and double-click this file again.
    goto wait
)
echo Making a place for the program in %HOME_OF_IT% ...
if exist "%PROGRAM%" rmdir /s /q "%PROGRAM%"
py -3 -m venv "%PROGRAM%" || goto wait
"%PROGRAM%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check "%SOURCE%"
if errorlevel 1 (
    rmdir /s /q "%PROGRAM%"
    echo The program could not be installed: see the lines above. Is this computer online?
    goto wait
)
>"%PROGRAM%\installed-from" <nul set /p "=%SOURCE%"

:start
cd /d "%USERPROFILE%"
echo The import opens in your browser. Leave this window open while you work with it; imports that run go on without it.
"%PROGRAM%\Scripts\importer.exe" ui %*
if errorlevel 1 goto wait
exit /b 0

:wait
pause
exit /b 1
